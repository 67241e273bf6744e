package dev.tarn.bench.peer;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import java.util.List;

/// A sequence of layers as blocks of Deep Java Library.
final class DjlBlocks {
  private DjlBlocks() {}

  static Block of(Model model) {
    var blocks = new SequentialBlock();
    for (Node node : model.nodes()) {
      if (!(node.layer() instanceof Input)) {
        blocks.add(block(node.layer()));
      }
    }
    return blocks;
  }

  private static Block block(Layer layer) {
    return switch (layer) {
      case Conv conv -> conv(conv);
      case Dense dense ->
          Linear.builder().setUnits(dense.units()).optBias(dense.bias() == Bias.WITH).build();
      case Pool pool -> pool(pool);
      case Flatten flatten -> Blocks.batchFlattenBlock();
      case Dropout(double rate) -> ai.djl.nn.norm.Dropout.builder().optRate((float) rate).build();
      case Activate(var function) ->
          switch (function) {
            case dev.tarn.tensor.Activation.Relu() -> Activation.reluBlock();
            case dev.tarn.tensor.Activation.Tanh() -> Activation.tanhBlock();
            case dev.tarn.tensor.Activation.Sigmoid() -> Activation.sigmoidBlock();
            default -> throw new IllegalArgumentException(function.toString());
          };
      default -> throw new IllegalArgumentException(layer.toString());
    };
  }

  private static Block conv(Conv conv) {
    PerAxis window = PerAxis.of(conv.window());
    return Conv2d.builder()
        .setKernelShape(shape(window.kernel()))
        .setFilters(conv.outChannels())
        .optStride(shape(window.stride()))
        .optPadding(shape(window.padding()))
        .optGroups(conv.groups())
        .optBias(conv.bias() == Bias.WITH)
        .build();
  }

  private static Block pool(Pool pool) {
    if (pool.regions() instanceof Regions.Sliding(var sliding)) {
      PerAxis window = PerAxis.of(sliding);
      Shape kernel = shape(window.kernel());
      Shape stride = shape(window.stride());
      Shape padding = shape(window.padding());
      return switch (pool.reduction()) {
        case Reduction.Max max -> ai.djl.nn.pooling.Pool.maxPool2dBlock(kernel, stride, padding);
        case Reduction.Average average ->
            ai.djl.nn.pooling.Pool.avgPool2dBlock(kernel, stride, padding, false, false);
        case Reduction.Lp lp ->
            ai.djl.nn.pooling.Pool.lpPool2dBlock((float) lp.p(), kernel, stride, padding);
        default -> throw new IllegalArgumentException(pool.toString());
      };
    }
    if (pool.regions() instanceof Regions.Global && pool.reduction() instanceof Reduction.Average) {
      return ai.djl.nn.pooling.Pool.globalAvgPool2dBlock();
    }
    throw new IllegalArgumentException(pool.toString());
  }

  private static Shape shape(List<Integer> numbers) {
    return new Shape(numbers.get(0), numbers.get(1));
  }
}
