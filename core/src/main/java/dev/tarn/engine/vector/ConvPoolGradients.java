package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Both gradients of a convolution from the gradient behind its 2×2 max pooling (and, before that,
/// ReLU): three cells of four have none, nor have those that ReLU stopped, so only the others are
/// visited, and the gradient by the large maps is never written.
///
/// Not in the order of the reference, from which it differs by rounding alone. The gradient by the
/// weight adds its products window after window over up to 256 windows, and these sums one after
/// the other: with `r` of them the error is at most about `(256 + r) · 2⁻²⁴` of the sum of the
/// products' magnitudes (or the windows of one sample, if these are more). The gradient by data
/// adds filter after filter at each cell, and then cell after cell: with `k` filters and `t` taps
/// at most about `(k + t) · 2⁻²⁴`. Products with a gradient of 0 are left out, so what is infinite
/// or NaN in the input or the weight shows only where a gradient meets it.
final class ConvPoolGradients implements Kernel {
  private static final int SHARES = 4;

  /// Floats of one sample at most, so that it stays in the first-level cache.
  private static final int MOST_CELLS = 1 << 14;

  private static final int MOST_WEIGHTS = 1 << 16;

  private final PooledMaps maps;
  private final @Nullable Buffer mask;
  private final SelectedWeights weights;
  private final @Nullable SelectedData data;
  private final ConvProblem.BackwardWeights problem;
  private final Padded padded;
  private final Buffer copies;
  private final List<Kernel> after = List.of(new Sums(this));

  /// Why these sizes are not for this kernel, or null.
  static @Nullable String refusal(ConvGeometry g) {
    String steps = PooledMaps.stepRefusal(g);
    if (steps != null) {
      return steps;
    }
    int row = g.width().kernel() * g.inChannels();
    if (row < V) {
      return "a row of taps has %d numbers, needs at least %d".formatted(row, V);
    }
    if ((long) g.inPositions() * g.inChannels() > MOST_CELLS) {
      return "input too large for the cache";
    }
    return g.weightSize() > MOST_WEIGHTS
        ? "%d weights, needs at most %d".formatted(g.weightSize(), MOST_WEIGHTS)
        : null;
  }

  /// @param mask pooled values: where one is 0 or less the gradient is stopped; null for none
  /// @param data null if nobody asks for the gradient by data
  /// @param dataMask the same for the gradient by data
  ConvPoolGradients(
      ConvProblem.BackwardWeights problem,
      ConvProblem.@Nullable BackwardData data,
      PooledMaps maps,
      Buffer argmax,
      @Nullable Buffer mask,
      @Nullable Buffer dataMask) {
    this.problem = problem;
    this.maps = maps;
    this.mask = mask;
    ConvGeometry g = problem.geometry();
    this.padded = new Padded(g);
    boolean copied = padded.needed();
    int line = copied ? padded.line() : g.width().inputs() * g.inChannels();
    int size = copied ? padded.size() : g.inPositions() * g.inChannels();
    this.copies = Buffer.perSample(Space.ARENA, "padded samples", size);
    var cells = new SelectedCells(maps, argmax, g, line);
    this.weights = new SelectedWeights(problem, cells, copied ? copies : problem.x(), size, line);
    this.data = data == null ? null : new SelectedData(data, dataMask, cells, padded, line);
  }

  @Override
  public String name() {
    return "%s through%s max 2×2/2, selected cells alone"
        .formatted(data == null ? "weight gradient" : "gradients", mask == null ? "" : " relu and");
  }

  @Override
  public int blocks(int batch) {
    return mask == null && data == null && !padded.needed() ? 0 : SHARES;
  }

  @Override
  public List<Buffer> scratch() {
    List<Buffer> all = new ArrayList<>(weights.scratch());
    if (data != null) {
      all.addAll(data.scratch());
    }
    if (padded.needed()) {
      all.add(copies);
    }
    return all;
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  /// Prepares a share of the filters and of the samples.
  @Override
  public void run(Frame frame, int block) {
    if (data != null) {
      int past = (block + 1) * maps.channels() / SHARES;
      for (int f = block * maps.channels() / SHARES; f < past; f++) {
        data.pack(frame, f);
      }
    }
    int first = (int) ((long) block * frame.batch() / SHARES);
    int past = (int) ((block + 1L) * frame.batch() / SHARES);
    if (mask != null) {
      int size = maps.rows() * maps.columns() * maps.channels();
      Pointwise.reluGradient(
          frame.array(mask),
          mask.at() + first * size,
          (past - first) * size,
          frame.array(maps.y()),
          maps.y().at() + first * size);
    }
    if (padded.needed()) {
      for (int n = first; n < past; n++) {
        padded.fill(frame, problem.x(), n, 0, frame.arena(), copies.at() + n * padded.size());
      }
    }
  }

  /// Both gradients, which do not depend on each other: samples first, then filters.
  private record Sums(ConvPoolGradients of) implements Kernel {
    @Override
    public String name() {
      return of.name() + ", sums";
    }

    private int samples(int batch) {
      return of.data == null ? 0 : of.data.blocks(batch);
    }

    @Override
    public int blocks(int batch) {
      return samples(batch) + of.weights.groups();
    }

    @Override
    public void run(Frame frame, int block) {
      int samples = samples(frame.batch());
      if (of.data != null && block < samples) {
        of.data.run(frame, block);
      } else {
        of.weights.run(frame, block - samples);
      }
    }
  }
}
