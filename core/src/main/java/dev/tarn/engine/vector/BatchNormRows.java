package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// `y = (x − mean) · scale + bias` for every position, lanes across channels, with the bits of the
/// reference; overwrites `y`, which may be `x`. Each block makes the scales for itself: they are
/// few where positions are many.
final class BatchNormRows implements Kernel {
  private static final int MOST_BLOCKS = 16;

  private final String name;
  private final int positions;
  private final int channels;
  private final Buffer x;
  private final Buffer weight;
  private final Buffer bias;
  private final Buffer mean;

  /// The variance, or `1 / √(variance + epsilon)` where `saved` is.
  private final Buffer spread;

  private final int spreadAt;
  private final boolean saved;
  private final double epsilon;
  private final Buffer y;
  private final Shares shares;
  private final Buffer scratch;

  BatchNormRows(NormProblem.BatchInference p) {
    this(
        "batch norm across channels",
        p.positions(),
        p.channels(),
        p.x(),
        p.weight(),
        p.bias(),
        p.mean(),
        p.variance(),
        false,
        p.epsilon(),
        p.y());
  }

  BatchNormRows(NormProblem.BatchTraining p) {
    this(
        "batch norm across channels, normalise",
        p.positions(),
        p.channels(),
        p.x(),
        p.weight(),
        p.bias(),
        p.saved(),
        p.saved(),
        true,
        0,
        p.y());
  }

  private BatchNormRows(
      String name,
      int positions,
      int channels,
      Buffer x,
      Buffer weight,
      Buffer bias,
      Buffer mean,
      Buffer spread,
      boolean saved,
      double epsilon,
      Buffer y) {
    this.name = name;
    this.positions = positions;
    this.channels = channels;
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.mean = mean;
    this.spread = spread;
    this.spreadAt = saved ? channels : 0;
    this.saved = saved;
    this.epsilon = epsilon;
    this.y = y;
    this.shares = new Shares(channels + V, 1 << 15, MOST_BLOCKS);
    this.scratch = Buffer.scratch(Space.ARENA, "scales", (long) MOST_BLOCKS * channels);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(scratch);
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * positions);
  }

  @Override
  public void run(Frame frame, int block) {
    int rows = frame.batch() * positions;
    int from = shares.first(block, rows);
    int count = shares.first(block + 1, rows) - from;
    float[] scales = frame.array(scratch);
    int scalesAt = scratch.at() + block * channels;
    for (int c = 0; c < channels; c++) {
      scales[scalesAt + c] = scale(frame, c);
    }
    float[] xs = frame.array(x);
    float[] means = frame.array(mean);
    float[] biases = frame.array(bias);
    float[] ys = frame.array(y);
    int at = x.at() + from * channels;
    int to = y.at() + from * channels;
    for (int row = 0; row < count; row++, at += channels, to += channels) {
      row(xs, at, means, mean.at(), scales, scalesAt, biases, bias.at(), ys, to, channels);
    }
  }

  private float scale(Frame frame, int c) {
    float factor = frame.array(weight)[weight.at() + c];
    float of = frame.array(spread)[spread.at() + spreadAt + c];
    return saved ? factor * of : (float) (factor / Math.sqrt(of + epsilon));
  }

  private static void row(
      float[] x,
      int at,
      float[] mean,
      int meanAt,
      float[] scale,
      int scaleAt,
      float[] bias,
      int biasAt,
      float[] y,
      int to,
      int channels) {
    int c = 0;
    for (; c + V <= channels; c += V) {
      var away =
          FloatVector.fromArray(F, x, at + c).sub(FloatVector.fromArray(F, mean, meanAt + c));
      var s = FloatVector.fromArray(F, scale, scaleAt + c);
      away.fma(s, FloatVector.fromArray(F, bias, biasAt + c)).intoArray(y, to + c);
    }
    if (c < channels) {
      var m = F.indexInRange(c, channels);
      var v = FloatVector.fromArray(F, x, at + c, m);
      var away = v.sub(FloatVector.fromArray(F, mean, meanAt + c, m));
      var s = FloatVector.fromArray(F, scale, scaleAt + c, m);
      away.fma(s, FloatVector.fromArray(F, bias, biasAt + c, m)).intoArray(y, to + c, m);
    }
  }
}
