package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Depthwise convolution (a filter for every channel) and its gradient by data, in the order of the
/// reference: lanes run over channels, eight neighbouring results share each load of a filter.
///
/// There are as many products as loads, so nothing is copied: results whose window leaves the
/// source are computed one by one from the taps that meet it, the others without a look at borders.
final class ConvDepthwise implements Kernel {
  private static final int RESULTS = 8;

  private final Sweep sweep;
  private final int channels;
  private final List<Phase> rows;
  private final List<Columns> columns;
  private final Buffer packed;
  private final boolean constant;
  private final Shares shares;

  /// One phase of columns with where, for each phase of rows, the products lie.
  ///
  /// @param tapAt for each phase of rows: distance in the source, rows by columns of taps
  /// @param weightAt the same for the packed filters
  private record Columns(
      Phase phase, int whole, int pastWhole, List<int[]> tapAt, List<int[]> weightAt) {}

  private ConvDepthwise(Sweep sweep) {
    this.sweep = sweep;
    this.channels = sweep.groups();
    this.rows = Phase.of(sweep.height(), sweep.gradient());
    this.columns =
        Phase.of(sweep.width(), sweep.gradient()).stream()
            .map(p ->
                new Columns(
                    p,
                    p.whole(),
                    p.pastWhole(p.whole()),
                    rows.stream().map(r -> tapAt(r, p)).toList(),
                    rows.stream().map(r -> weightAt(r, p)).toList()))
            .toList();
    Buffer bias = sweep.bias();
    this.constant = sweep.weight().isConstant() && (bias == null || bias.isConstant());
    int taps = sweep.height().kernel() * sweep.width().kernel();
    long size = (taps + 1L) * channels;
    String name = sweep.weight() + " by tap";
    this.packed = constant ? Buffer.prepared(name, size) : Buffer.scratch(Space.ARENA, name, size);
    this.shares = new Shares((long) taps * channels * sweep.width().result() / 4 + 1, 1 << 16);
  }

  private int[] tapAt(Phase row, Phase column) {
    int[] at = new int[row.taps() * column.taps()];
    Arrays.setAll(
        at,
        k -> {
          int y = row.offset(k / column.taps());
          return (y * sweep.width().source() + column.offset(k % column.taps())) * channels;
        });
    return at;
  }

  private int[] weightAt(Phase row, Phase column) {
    int[] at = new int[row.taps() * column.taps()];
    Arrays.setAll(
        at,
        k -> {
          int ky = row.tap(k / column.taps());
          return (ky * sweep.width().kernel() + column.tap(k % column.taps())) * channels;
        });
    return at;
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    if (sweep.groups() == 1) {
      return null;
    }
    String why =
        sweep.sourceChannels() != 1 || sweep.resultChannels() != 1
            ? "groups of %d to %d channels, needs 1 to 1"
                .formatted(sweep.sourceChannels(), sweep.resultChannels())
            : sweep.groups() < V ? "%d channels, needs %d".formatted(sweep.groups(), V) : null;
    if (why != null) {
      refusals.add("depthwise: " + why);
      return null;
    }
    var product = new ConvDepthwise(sweep);
    Kernel whole = product.constant ? product : product.new Pack(product.name(), List.of(product));
    return sweep.mask() == null ? whole : Finish.of(sweep, whole);
  }

  @Override
  public String name() {
    return "depthwise %s, %d results × %d channels"
        .formatted(sweep.gradient() ? "gradient" : "convolution", RESULTS, V);
  }

  private int units(int batch) {
    return batch * sweep.height().result();
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(units(batch));
  }

  @Override
  public List<Kernel> once() {
    return constant ? List.of(new Pack("filters by tap", List.of())) : List.of();
  }

  @Override
  public void run(Frame frame, int block) {
    int units = units(frame.batch());
    int past = shares.first(block + 1, units);
    for (int unit = shares.first(block, units); unit < past; unit++) {
      int height = sweep.height().result();
      row(frame, unit / height, unit % height);
    }
  }

  private void row(Frame frame, int sample, int y) {
    int p = y % rows.size();
    int i = y / rows.size();
    Phase row = rows.get(p);
    int from = row.from(i);
    int past = row.past(i, from);
    int xAt =
        sweep.source().at()
            + sample * sweep.sourceSize()
            + i * row.advance() * sweep.width().source() * channels;
    int line = sweep.width().result() * channels;
    int yAt = sweep.result().at() + (sample * sweep.height().result() + y) * line;
    for (int c = 0; c < columns.size(); c++) { // an iterator would be garbage in every row
      row(frame, columns.get(c), p, from, past, xAt, yAt);
    }
    if (sweep.relu()) {
      Pointwise.relu(frame.array(sweep.result()), yAt, yAt + line);
    }
  }

  /// The columns of one phase in a row, from the taps of its rows `from` to `past`.
  private void row(Frame frame, Columns c, int p, int from, int past, int xAt, int yAt) {
    Phase phase = c.phase();
    int i = 0;
    while (i < phase.count()) {
      boolean together = i >= c.whole() && c.pastWhole() - c.whole() >= RESULTS;
      if (together && i < c.pastWhole()) {
        // The last tile is moved back over its neighbour: the same bits again.
        int at = Math.min(i, c.pastWhole() - RESULTS);
        tiles(frame, c, p, from, past, at, xAt, yAt);
        i = at + RESULTS;
      } else {
        single(frame, c, p, from, past, i, xAt, yAt);
        i++;
      }
    }
  }

  private void tiles(Frame frame, Columns c, int p, int from, int past, int i, int xAt, int yAt) {
    Phase phase = c.phase();
    int k0 = from * phase.taps();
    int k1 = past * phase.taps();
    int x = xAt + i * phase.advance() * channels;
    int y = yAt + phase.result(i) * channels;
    int stepX = phase.advance() * channels;
    int stepY = (phase.result(1) - phase.result(0)) * channels;
    int[] tapAt = c.tapAt().get(p);
    int[] weightAt = c.weightAt().get(p);
    float[] w = frame.array(packed);
    float[] in = frame.array(sweep.source());
    float[] out = frame.array(sweep.result());
    for (int at = 0; at < channels; at += V) {
      int lane = Math.min(at, channels - V);
      int wAt = packed.at() + lane;
      tile(
          in,
          x + lane,
          tapAt,
          stepX,
          w,
          wAt,
          weightAt,
          k0,
          k1,
          startAt() + lane,
          out,
          y + lane,
          stepY);
    }
  }

  private int startAt() {
    return packed.at() + sweep.height().kernel() * sweep.width().kernel() * channels;
  }

  /// Eight results of as many channels as there are lanes.
  private static void tile(
      float[] x,
      int xAt,
      int[] tapAt,
      int stepX,
      float[] w,
      int wAt,
      int[] weightAt,
      int k0,
      int k1,
      int startAt,
      float[] y,
      int yAt,
      int stepY) {
    var s0 = FloatVector.fromArray(F, w, startAt);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var s7 = s0;
    for (int k = k0; k < k1; k++) {
      int i = xAt + tapAt[k];
      var f = FloatVector.fromArray(F, w, wAt + weightAt[k]);
      s0 = FloatVector.fromArray(F, x, i).fma(f, s0);
      s1 = FloatVector.fromArray(F, x, i + stepX).fma(f, s1);
      s2 = FloatVector.fromArray(F, x, i + 2 * stepX).fma(f, s2);
      s3 = FloatVector.fromArray(F, x, i + 3 * stepX).fma(f, s3);
      s4 = FloatVector.fromArray(F, x, i + 4 * stepX).fma(f, s4);
      s5 = FloatVector.fromArray(F, x, i + 5 * stepX).fma(f, s5);
      s6 = FloatVector.fromArray(F, x, i + 6 * stepX).fma(f, s6);
      s7 = FloatVector.fromArray(F, x, i + 7 * stepX).fma(f, s7);
    }
    s0.intoArray(y, yAt);
    s1.intoArray(y, yAt + stepY);
    s2.intoArray(y, yAt + 2 * stepY);
    s3.intoArray(y, yAt + 3 * stepY);
    s4.intoArray(y, yAt + 4 * stepY);
    s5.intoArray(y, yAt + 5 * stepY);
    s6.intoArray(y, yAt + 6 * stepY);
    s7.intoArray(y, yAt + 7 * stepY);
  }

  /// One result, from the taps that meet the source.
  private void single(Frame frame, Columns c, int p, int from, int past, int i, int xAt, int yAt) {
    Phase phase = c.phase();
    int fromColumn = phase.from(i);
    int pastColumn = phase.past(i, fromColumn);
    int x = xAt + i * phase.advance() * channels;
    int y = yAt + phase.result(i) * channels;
    float[] w = frame.array(packed);
    float[] in = frame.array(sweep.source());
    float[] out = frame.array(sweep.result());
    int[] tapAt = c.tapAt().get(p);
    int[] weightAt = c.weightAt().get(p);
    for (int at = 0; at < channels; at += V) {
      int lane = Math.min(at, channels - V);
      FloatVector.fromArray(F, w, startAt() + lane).intoArray(out, y + lane);
      for (int row = from; row < past; row++) {
        int k0 = row * phase.taps() + fromColumn;
        int k1 = row * phase.taps() + pastColumn;
        add(in, x + lane, tapAt, w, packed.at() + lane, weightAt, k0, k1, out, y + lane);
      }
    }
  }

  private static void add(
      float[] x,
      int xAt,
      int[] tapAt,
      float[] w,
      int wAt,
      int[] weightAt,
      int k0,
      int k1,
      float[] y,
      int yAt) {
    var s = FloatVector.fromArray(F, y, yAt);
    for (int k = k0; k < k1; k++) {
      var f = FloatVector.fromArray(F, w, wAt + weightAt[k]);
      s = FloatVector.fromArray(F, x, xAt + tapAt[k]).fma(f, s);
    }
    s.intoArray(y, yAt);
  }

  /// Turns the weight, `[channel][tap]`, to `[tap][channel]`; behind it the biases, or zeros.
  private final class Pack implements Kernel {
    private final String name;
    private final List<Kernel> after;

    Pack(String name, List<Kernel> after) {
      this.name = name;
      this.after = after;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int blocks(int batch) {
      return 1;
    }

    @Override
    public void run(Frame frame, int block) {
      int taps = sweep.height().kernel() * sweep.width().kernel();
      float[] w = frame.array(sweep.weight());
      float[] to = frame.array(packed);
      Panels.filters(w, sweep.weight().at(), taps, channels, to, packed.at(), channels);
      Buffer bias = sweep.bias();
      if (bias == null) {
        Arrays.fill(to, startAt(), startAt() + channels, 0f);
      } else {
        System.arraycopy(frame.array(bias), bias.at(), to, startAt(), channels);
      }
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(packed);
    }

    @Override
    public List<Kernel> after() {
      return after;
    }
  }
}
