package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The gradient by data of a strided convolution, which is also transposed convolution: results
/// that see the same taps ([Phase]) are the gradient of a small convolution without stride, solved
/// by whichever kernel suits it, and then put side by side. In the order of those kernels; no
/// product with a zero between cells is formed.
final class ConvPhases implements Kernel {
  /// Products, those with zeros counted too, below which the many stages take longer than they
  /// save.
  private static final int WORTH = 1 << 18;

  private final Sweep sweep;
  private final List<Part> parts;

  /// Those that see only some taps, and so need filters of their own.
  private final List<Part> cut;

  private final List<Kernel> after;

  /// One phase of rows and columns.
  ///
  /// @param sweep a gradient without stride
  private record Part(Phase row, Phase column, Sweep sweep) {}

  private ConvPhases(Sweep sweep, List<Part> parts, List<Kernel> kernels) {
    this.sweep = sweep;
    this.parts = parts;
    this.cut = parts.stream().filter(p -> p.sweep().weight() != sweep.weight()).toList();
    this.after = new ArrayList<>(kernels);
    after.add(new Merge());
  }

  /// A kernel for the sweep, or null.
  ///
  /// @param choose the kernel for a phase, or null if there is none
  static @Nullable Kernel of(Sweep sweep, Function<Sweep, @Nullable Kernel> choose) {
    if ((sweep.height().spread() == 1 && sweep.width().spread() == 1) || sweep.work() < WORTH) {
      return null;
    }
    var parts = new ArrayList<Part>();
    var kernels = new ArrayList<Kernel>();
    for (Phase row : Phase.of(sweep.height(), true)) {
      for (Phase column : Phase.of(sweep.width(), true)) {
        if (row.count() * column.count() * row.taps() * column.taps() == 0) {
          continue;
        }
        Part part = new Part(row, column, part(sweep, row, column));
        Kernel kernel = choose.apply(part.sweep());
        if (kernel == null) {
          return null;
        }
        parts.add(part);
        kernels.add(kernel);
      }
    }
    return Finish.of(sweep, new ConvPhases(sweep, parts, kernels));
  }

  private static Sweep part(Sweep sweep, Phase row, Phase column) {
    String name = "phase %d %d".formatted(row.result(0), column.result(0));
    int filters = sweep.groups() * sweep.sourceChannels() * sweep.resultChannels();
    int results = sweep.groups() * sweep.resultChannels();
    long weight = (long) filters * row.taps() * column.taps();
    long size = (long) row.count() * column.count() * results;
    return new Sweep(
        sweep.source(),
        weight == sweep.weight().size() ? sweep.weight() : filters(sweep, name, weight),
        null,
        Buffer.perSample(Space.ARENA, name, size),
        sweep.groups(),
        sweep.sourceChannels(),
        sweep.resultChannels(),
        axis(row, sweep.height().source()),
        axis(column, sweep.width().source()),
        true,
        false,
        null);
  }

  private static Buffer filters(Sweep sweep, String name, long size) {
    return sweep.weight().isConstant()
        ? Buffer.prepared(name + " filters", size)
        : Buffer.scratch(Space.ARENA, name + " filters", size);
  }

  private static Sweep.Axis axis(Phase phase, int source) {
    int last = phase.taps() - 1;
    int dilation = last == 0 ? 1 : phase.offset(0) - phase.offset(1);
    return new Sweep.Axis(source, 1, phase.offset(last), 1, phase.count(), phase.taps(), dilation);
  }

  @Override
  public String name() {
    return "%d phases without stride, then merged".formatted(parts.size());
  }

  @Override
  public int blocks(int batch) {
    return sweep.weight().isConstant() ? 0 : cut.size();
  }

  @Override
  public void run(Frame frame, int block) {
    filters(frame, cut.get(block));
  }

  /// Takes the taps of one phase out of the weight.
  private void filters(Frame frame, Part part) {
    float[] from = frame.array(sweep.weight());
    Buffer weight = part.sweep().weight();
    float[] to = frame.array(weight);
    int taps = sweep.height().kernel() * sweep.width().kernel();
    int at = weight.at();
    int filters = sweep.groups() * sweep.sourceChannels() * sweep.resultChannels();
    for (int f = 0; f < filters; f++) {
      int fromAt = sweep.weight().at() + f * taps;
      for (int y = 0; y < part.row().taps(); y++) {
        int rowAt = fromAt + part.row().tap(y) * sweep.width().kernel();
        for (int x = 0; x < part.column().taps(); x++) {
          to[at++] = from[rowAt + part.column().tap(x)];
        }
      }
    }
  }

  @Override
  public List<Buffer> scratch() {
    var buffers = new ArrayList<Buffer>();
    if (!sweep.weight().isConstant()) {
      cut.forEach(part -> buffers.add(part.sweep().weight()));
    }
    parts.forEach(part -> buffers.add(part.sweep().result()));
    return buffers;
  }

  @Override
  public List<Kernel> once() {
    return sweep.weight().isConstant() ? List.of(new Filters()) : List.of();
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  /// The filters of all phases, where they are constant.
  private final class Filters implements Kernel {
    @Override
    public String name() {
      return "filters by phase";
    }

    @Override
    public int blocks(int batch) {
      return cut.size();
    }

    @Override
    public void run(Frame frame, int block) {
      filters(frame, cut.get(block));
    }

    @Override
    public List<Buffer> scratch() {
      return cut.stream().map(part -> part.sweep().weight()).toList();
    }
  }

  /// Puts the results of all phases in their places; those without taps are 0.
  private final class Merge implements Kernel {
    private final Shares shares =
        new Shares(
            (long) sweep.width().result() * sweep.groups() * sweep.resultChannels(), 1 << 14);

    @Override
    public String name() {
      return "merged phases";
    }

    private int units(int batch) {
      return batch * sweep.height().result();
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(units(batch));
    }

    @Override
    public void run(Frame frame, int block) {
      int units = units(frame.batch());
      int past = shares.first(block + 1, units);
      int height = sweep.height().result();
      for (int unit = shares.first(block, units); unit < past; unit++) {
        row(frame, unit / height, unit % height);
      }
    }

    private void row(Frame frame, int sample, int y) {
      int channels = sweep.groups() * sweep.resultChannels();
      int line = sweep.width().result() * channels;
      float[] to = frame.array(sweep.result());
      int toAt = sweep.result().at() + (sample * sweep.height().result() + y) * line;
      int step = sweep.height().spread();
      Arrays.fill(to, toAt, toAt + line, 0f);
      for (int p = 0; p < parts.size(); p++) {
        Part part = parts.get(p);
        if (y % step == part.row().result(0)) {
          Phase column = part.column();
          Buffer result = part.sweep().result();
          int count = column.count();
          float[] from = frame.array(result);
          int fromAt = result.at() + (sample * part.row().count() + y / step) * count * channels;
          for (int x = 0; x < count; x++) {
            System.arraycopy(
                from, fromAt + x * channels, to, toAt + column.result(x) * channels, channels);
          }
        }
      }
    }
  }
}
