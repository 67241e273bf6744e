package dev.tarn.bench.peer;

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
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/// A sequence of layers as a configuration of Deeplearning4j.
///
/// Its only SGD with momentum is Nesterov's. A network that learns ends in its output layer, which
/// holds softmax and loss; activations go into the layer before them.
final class Dl4jLayers {
  private Dl4jLayers() {}

  static MultiLayerConfiguration of(Model model, boolean learns) {
    var list =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Nesterovs(NamedModel.LEARNING_RATE, NamedModel.MOMENTUM))
            .list();
    List<Layer> layers = new ArrayList<>(model.nodes().stream().map(Node::layer).toList());
    layers.removeIf(l -> l instanceof Input || l instanceof Flatten);
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Layer next = i + 1 < layers.size() ? layers.get(i + 1) : layer;
      boolean joined =
          (layer instanceof Conv || layer instanceof Dense) && next instanceof Activate;
      Activation activation = joined ? activation((Activate) next) : Activation.IDENTITY;
      if (learns && i == layers.size() - 1 && layer instanceof Dense dense) {
        list.layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(dense.units())
                .activation(Activation.SOFTMAX)
                .build());
      } else {
        list.layer(layer(layer, activation));
      }
      i += joined ? 1 : 0;
    }
    Shape input = model.inputs().getFirst().shape();
    return list.setInputType(
            InputType.convolutional(input.spatial(0), input.spatial(1), input.channels()))
        .build();
  }

  private static org.deeplearning4j.nn.conf.layers.Layer layer(Layer layer, Activation activation) {
    return switch (layer) {
      case Conv conv -> conv(conv, activation);
      case Dense dense ->
          new DenseLayer.Builder()
              .nOut(dense.units())
              .hasBias(dense.bias() == Bias.WITH)
              .activation(activation)
              .build();
      case Pool pool -> pool(pool);
      case Dropout(double rate) -> new DropoutLayer(1 - rate);
      case Activate alone -> new ActivationLayer(activation(alone));
      default -> throw new IllegalArgumentException(layer.toString());
    };
  }

  private static Activation activation(Activate activate) {
    return switch (activate.function()) {
      case dev.tarn.tensor.Activation.Relu() -> Activation.RELU;
      case dev.tarn.tensor.Activation.Tanh() -> Activation.TANH;
      case dev.tarn.tensor.Activation.Sigmoid() -> Activation.SIGMOID;
      default -> throw new IllegalArgumentException(activate.toString());
    };
  }

  private static ConvolutionLayer conv(Conv conv, Activation activation) {
    if (conv.groups() != 1) {
      throw new IllegalArgumentException(conv.toString());
    }
    PerAxis window = PerAxis.of(conv.window());
    return new ConvolutionLayer.Builder()
        .kernelSize(PerAxis.array(window.kernel()))
        .stride(PerAxis.array(window.stride()))
        .padding(PerAxis.array(window.padding()))
        .nOut(conv.outChannels())
        .hasBias(conv.bias() == Bias.WITH)
        .activation(activation)
        .build();
  }

  private static org.deeplearning4j.nn.conf.layers.Layer pool(Pool pool) {
    if (pool.regions() instanceof Regions.Global) {
      return new GlobalPoolingLayer.Builder(type(pool)).build();
    }
    if (!(pool.regions() instanceof Regions.Sliding(var sliding))) {
      throw new IllegalArgumentException(pool.toString());
    }
    PerAxis window = PerAxis.of(sliding);
    var builder =
        new SubsamplingLayer.Builder(type(pool))
            .kernelSize(PerAxis.array(window.kernel()))
            .stride(PerAxis.array(window.stride()))
            .padding(PerAxis.array(window.padding()));
    if (pool.reduction() instanceof Reduction.Lp lp) {
      builder.pnorm((int) lp.p());
    }
    return builder.build();
  }

  private static PoolingType type(Pool pool) {
    return switch (pool.reduction()) {
      case Reduction.Max max -> PoolingType.MAX;
      case Reduction.Average average -> PoolingType.AVG;
      case Reduction.Lp lp -> PoolingType.PNORM;
      default -> throw new IllegalArgumentException(pool.toString());
    };
  }
}
