package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Slides learned filters over the input and sums what they cover: a convolutional layer in 1, 2 or
/// 3 dimensions.
///
/// `y[o, …] = bias[o] + Σ w[o, c, k…] · x[c, … · stride + k · dilation − padding]`
/// (cross-correlation, as in every framework; ONNX `Conv`).
///
/// | | shape |
/// |---|---|
/// | input | `[inChannels, spatial…]` |
/// | weight | `[outChannels, inChannels / groups, kernel…]` |
/// | bias | `[outChannels]` |
/// | output | `[outChannels, spatial…]` |
///
/// @param outChannels number of filters
/// @param window kernel, stride, dilation and padding
/// @param groups parts that channels are divided into; as many as input channels make a depthwise
///   convolution
/// @param bias whether each filter adds a number
/// @param initializer how the weight starts
public record Conv(int outChannels, Window window, int groups, Bias bias, Initializer initializer)
    implements Layer {
  public Conv {
    if (outChannels < 1) {
      throw new ParameterException(
          "convolution: outChannels is %d; needed at least 1.".formatted(outChannels));
    }
    if (groups < 1) {
      throw new ParameterException(
          "convolution: groups is %d; needed at least 1.".formatted(groups));
    }
    if (outChannels % groups != 0) {
      throw new ParameterException(
          "convolution: outChannels %d is not a multiple of groups %d."
              .formatted(outChannels, groups));
    }
  }

  /// Filters of this kernel size with stride 1, no padding, one group, a bias, and He
  /// initialisation.
  public static Conv of(int outChannels, int... kernel) {
    return new Conv(outChannels, Window.of(kernel), 1, Bias.WITH, Initializer.HE);
  }

  public Conv stride(int... cells) {
    return window(window.stride(cells));
  }

  public Conv padding(int... cells) {
    return window(window.padding(cells));
  }

  public Conv padding(Padding padding) {
    return window(window.padding(padding));
  }

  public Conv dilation(int... cells) {
    return window(window.dilation(cells));
  }

  public Conv rounding(Rounding rounding) {
    return window(window.rounding(rounding));
  }

  public Conv window(Window replacement) {
    return new Conv(outChannels, replacement, groups, bias, initializer);
  }

  public Conv groups(int parts) {
    return new Conv(outChannels, window, parts, bias, initializer);
  }

  public Conv bias(Bias wanted) {
    return new Conv(outChannels, window, groups, wanted, initializer);
  }

  public Conv initializer(Initializer start) {
    return new Conv(outChannels, window, groups, bias, start);
  }

  @Override
  public String kind() {
    return "conv";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    if (input.channels() % groups != 0) {
      throw new ShapeException(
          "input %s has %d channels; needed a multiple of groups %d."
              .formatted(input, input.channels(), groups));
    }
    int[] sizes = input.toArray();
    sizes[0] = outChannels;
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      sizes[axis + 1] = window.spans(axis, input.spatialRank(), input.spatial(axis)).outputs();
    }
    return Shape.of(sizes);
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    Shape weight = weightShape(outChannels, input.channels() / groups, window, input);
    return specs(weight, outChannels, initializer, bias);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    Shape weight = parameters(inputs).getFirst().shape();
    return 2 * weight.elements() * output.positions() + (bias == Bias.WITH ? output.elements() : 0);
  }

  static Shape weightShape(int rows, int columns, Window window, Shape input) {
    int[] sizes = new int[input.rank() + 1];
    sizes[0] = rows;
    sizes[1] = columns;
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      sizes[axis + 2] = Window.at(window.kernel(), axis, input.spatialRank(), "kernel");
    }
    return Shape.of(sizes);
  }

  static List<ParameterSpec> specs(
      Shape weight, int outChannels, Initializer initializer, Bias bias) {
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(new ParameterSpec("weight", weight, initializer, ParameterSpec.Role.WEIGHT));
    if (bias == Bias.WITH) {
      specs.add(
          new ParameterSpec(
              "bias", Shape.of(outChannels), Initializer.ZERO, ParameterSpec.Role.BIAS));
    }
    return List.copyOf(specs);
  }

  @Override
  public String toString() {
    return "%d filters, %s%s"
        .formatted(outChannels, window, groups == 1 ? "" : ", groups " + groups);
  }
}
