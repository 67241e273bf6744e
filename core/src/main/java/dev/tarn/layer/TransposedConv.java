package dev.tarn.layer;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.List;
import java.util.stream.IntStream;

/// Spreads every input value over the output through learned filters: the gradient of a
/// convolution, used as a layer.
///
/// On an axis of size `n` it gives `(n − 1)·stride − before − after + dilation·(kernel − 1) + 1 +
/// outputPadding` outputs (ONNX `ConvTranspose`); with SAME padding `n·stride`.
///
/// | | shape |
/// |---|---|
/// | input | `[inChannels, spatial…]` |
/// | weight | `[inChannels, outChannels / groups, kernel…]` |
/// | bias | `[outChannels]` |
///
/// @param outChannels channels of the output
/// @param window the window of the convolution this is the gradient of
/// @param outputPadding cells added at the end of each axis, less than the stride or the dilation
/// @param groups parts that channels are divided into
/// @param bias whether each output channel adds a number
/// @param initializer how the weight starts
public record TransposedConv(
    int outChannels,
    Window window,
    List<Integer> outputPadding,
    int groups,
    Bias bias,
    Initializer initializer)
    implements Layer {
  public TransposedConv {
    outputPadding = List.copyOf(outputPadding);
    if (outChannels < 1) {
      throw new ParameterException(
          "transposed convolution: outChannels is %d; needed at least 1.".formatted(outChannels));
    }
    if (groups < 1 || outChannels % groups != 0) {
      throw new ParameterException(
          "transposed convolution: groups is %d; needed at least 1 and a divisor of outChannels %d."
              .formatted(groups, outChannels));
    }
    if (outputPadding.stream().anyMatch(p -> p < 0)) {
      throw new ParameterException(
          "transposed convolution: outputPadding is %s; needed at least 0."
              .formatted(outputPadding));
    }
  }

  /// Filters of this kernel size with stride 1, no padding, one group, a bias, and He
  /// initialisation.
  public static TransposedConv of(int outChannels, int... kernel) {
    return new TransposedConv(
        outChannels, Window.of(kernel), List.of(0), 1, Bias.WITH, Initializer.HE);
  }

  public TransposedConv stride(int... cells) {
    return window(window.stride(cells));
  }

  public TransposedConv padding(int... cells) {
    return window(window.padding(cells));
  }

  public TransposedConv padding(Padding padding) {
    return window(window.padding(padding));
  }

  public TransposedConv dilation(int... cells) {
    return window(window.dilation(cells));
  }

  public TransposedConv window(Window replacement) {
    return new TransposedConv(outChannels, replacement, outputPadding, groups, bias, initializer);
  }

  public TransposedConv outputPadding(int... cells) {
    List<Integer> list = IntStream.of(cells).boxed().toList();
    return new TransposedConv(outChannels, window, list, groups, bias, initializer);
  }

  public TransposedConv groups(int parts) {
    return new TransposedConv(outChannels, window, outputPadding, parts, bias, initializer);
  }

  public TransposedConv bias(Bias wanted) {
    return new TransposedConv(outChannels, window, outputPadding, groups, wanted, initializer);
  }

  public TransposedConv initializer(Initializer start) {
    return new TransposedConv(outChannels, window, outputPadding, groups, bias, start);
  }

  @Override
  public String kind() {
    return "deconv";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    if (input.channels() % groups != 0) {
      throw new ShapeException(
          "input %s has %d channels; needed a multiple of groups %d."
              .formatted(input, input.channels(), groups));
    }
    int axes = input.spatialRank();
    int[] sizes = input.toArray();
    sizes[0] = outChannels;
    for (int axis = 0; axis < axes; axis++) {
      sizes[axis + 1] = outputSize(axis, axes, input.spatial(axis));
    }
    return Shape.of(sizes);
  }

  private int outputSize(int axis, int axes, int size) {
    long stride = Window.at(window.stride(), axis, axes, "stride");
    long extra = Window.at(outputPadding, axis, axes, "outputPadding");
    long dilation = Window.at(window.dilation(), axis, axes, "dilation");
    if (extra >= Math.max(stride, dilation)) {
      throw new ParameterException(
          "outputPadding is %d on spatial axis %d; needed less than the stride %d or the dilation %d."
              .formatted(extra, axis, stride, dilation));
    }
    long outputs =
        switch (window.padding()) {
          case Padding.Same same -> size * stride;
          case Padding.Sides sides ->
              (size - 1L) * stride
                  - Window.at(sides.before(), axis, axes, "padding")
                  - Window.at(sides.after(), axis, axes, "padding")
                  + window.extent(axis, axes)
                  + extra;
        };
    if (outputs < 1) {
      throw new ShapeException(
          "output size on spatial axis %d is %d for an input of %d; needed at least 1. Use less padding."
              .formatted(axis, outputs, size));
    }
    if (outputs > Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "output size on spatial axis %d is %d; at most %d is possible."
              .formatted(axis, outputs, Shape.MOST_ELEMENTS));
    }
    return (int) outputs;
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    Shape weight = Conv.weightShape(input.channels(), outChannels / groups, window, input);
    return Conv.specs(weight, outChannels, initializer, bias);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    Shape weight = parameters(inputs).getFirst().shape();
    long products = 2 * weight.elements() * Layer.onlySpatial(inputs).positions();
    return products + (bias == Bias.WITH ? output.elements() : 0);
  }

  @Override
  public String toString() {
    return "%d filters, %s%s"
        .formatted(outChannels, window, groups == 1 ? "" : ", groups " + groups);
  }
}
