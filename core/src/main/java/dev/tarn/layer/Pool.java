package dev.tarn.layer;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Condenses every feature map by itself: a [Reduction] of the values in each of its [Regions].
///
/// This one record is every pooling layer of every framework, in 1, 2 or 3 spatial dimensions (ONNX
/// `MaxPool`, `AveragePool`, `LpPool`, `GlobalMaxPool`, `GlobalAveragePool`, `GlobalLpPool`,
/// PyTorch's adaptive poolings). It has no parameters. In training the gradient of a maximum goes
/// to the cell that was selected, that of an average to all its cells.
///
/// | | shape |
/// |---|---|
/// | input | `[C, spatial…]` |
/// | output | `[C, spatial…]`, `(W − K) / S + 1` on each axis without padding |
///
/// @param reduction what becomes of the values
/// @param regions which values
public record Pool(Reduction reduction, Regions regions) implements Layer {
  /// Max pooling with windows of this size; the stride is the kernel until it is set.
  public static Pool max(int... kernel) {
    return of(Reduction.max(), kernel);
  }

  /// Average pooling with windows of this size; the stride is the kernel until it is set.
  public static Pool average(int... kernel) {
    return of(Reduction.average(), kernel);
  }

  /// Lp pooling with windows of this size; `p = 2` is L2 pooling. The stride is the kernel until it
  /// is set.
  public static Pool lp(double p, int... kernel) {
    return of(Reduction.lp(p), kernel);
  }

  /// Any reduction with windows of this size; the stride is the kernel until it is set.
  public static Pool of(Reduction reduction, int... kernel) {
    return new Pool(reduction, Regions.sliding(Window.of(kernel).stride(kernel)));
  }

  /// Any reduction over the whole plane: one value per channel.
  public static Pool global(Reduction reduction) {
    return new Pool(reduction, Regions.global());
  }

  /// Any reduction over as many regions as the output shall have.
  public static Pool adaptive(Reduction reduction, int... sizes) {
    return new Pool(reduction, Regions.adaptive(sizes));
  }

  public Pool stride(int... cells) {
    return window(window("stride").stride(cells));
  }

  public Pool dilation(int... cells) {
    return window(window("dilation").dilation(cells));
  }

  public Pool padding(int... cells) {
    return window(window("padding").padding(cells));
  }

  public Pool padding(Padding padding) {
    return window(window("padding").padding(padding));
  }

  public Pool rounding(Rounding rounding) {
    return window(window("rounding").rounding(rounding));
  }

  public Pool window(Window window) {
    return new Pool(reduction, Regions.sliding(window));
  }

  /// The same with another policy for NaN; for max and min.
  public Pool nan(NanPolicy policy) {
    return switch (reduction) {
      case Reduction.Max max -> new Pool(new Reduction.Max(policy, max.ties()), regions);
      case Reduction.Min min -> new Pool(new Reduction.Min(policy, min.ties()), regions);
      default -> throw noSuch("NaN policy", "max and min");
    };
  }

  /// The same with another rule for equal extrema; for max and min.
  public Pool ties(Ties ties) {
    return switch (reduction) {
      case Reduction.Max max -> new Pool(new Reduction.Max(max.nan(), ties), regions);
      case Reduction.Min min -> new Pool(new Reduction.Min(min.nan(), ties), regions);
      default -> throw noSuch("rule for ties", "max and min");
    };
  }

  /// The same with another divisor; for averages.
  public Pool divisor(Divisor divisor) {
    return switch (reduction) {
      case Reduction.Average average -> new Pool(new Reduction.Average(divisor), regions);
      default -> throw noSuch("divisor", "averages");
    };
  }

  /// The same with the choices of a framework.
  public Pool profile(Profile profile) {
    return profile.fill(this);
  }

  private ParameterException noSuch(String what, String owner) {
    return new ParameterException(
        "pool (%s): has no %s; only %s have one.".formatted(reduction, what, owner));
  }

  private Window window(String what) {
    if (regions instanceof Regions.Sliding(Window window)) {
      return window;
    }
    throw new ParameterException(
        "pool (%s): %s regions have no %s; only sliding windows have one."
            .formatted(reduction, regions, what));
  }

  /// Every spatial axis of an input of this per-sample shape, resolved.
  public List<Spans> spans(Shape input) {
    Shape checked = Layer.onlySpatial(List.of(input));
    List<Spans> spans = new ArrayList<>();
    double window = 1;
    for (int axis = 0; axis < checked.spatialRank(); axis++) {
      Spans resolved = regions.spans(axis, checked.spatialRank(), checked.spatial(axis));
      window *= resolved.kernel();
      spans.add(resolved);
    }
    if (window > Integer.MAX_VALUE) {
      throw new LimitException(
          "the window of %s has more than %d cells, the most that are possible. Use a smaller kernel."
              .formatted(regions, Integer.MAX_VALUE));
    }
    return List.copyOf(spans);
  }

  @Override
  public String kind() {
    return "pool";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    int[] sizes = input.toArray();
    List<Spans> spans = spans(input);
    for (int axis = 0; axis < spans.size(); axis++) {
      sizes[axis + 1] = spans.get(axis).outputs();
    }
    return Shape.of(sizes);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    double cells = output.channels();
    for (Spans spans : spans(Layer.only(inputs))) {
      cells *= spans.allTaps();
    }
    return (long) cells;
  }

  @Override
  public String toString() {
    return reduction + ", " + regions;
  }
}
