package dev.tarn.bench.peer;

import dev.tarn.bench.Library;
import java.util.Objects;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Deeplearning4j (Apache-2.0) as it comes: a `MultiLayerNetwork`, its workspaces on. Channels
/// first, as is its default.
public final class Deeplearning4j implements Library {
  @Override
  public String name() {
    return "deeplearning4j";
  }

  /// Its layers have no gradients of inputs on their own, so there is no `poolfb`.
  @Override
  public boolean has(String name) {
    NamedModel named = NamedModel.of(name);
    return named != null && named.work() != NamedModel.Work.FORWARD_BACKWARD;
  }

  @Override
  public Prepared prepare(String name, int threads) {
    Nd4j.getEnvironment().setMaxThreads(threads);
    Nd4j.getEnvironment().setMaxMasterThreads(threads);
    NamedModel named = Objects.requireNonNull(NamedModel.of(name));
    boolean learns = named.work() == NamedModel.Work.STEP;
    var network = new MultiLayerNetwork(Dl4jLayers.of(named.model(), learns));
    network.init();
    INDArray x = Nd4j.create(named.inputs(), named.inputShape().toArray(), 'c');
    return learns ? new Step(network, x, oneHot(named)) : new Forward(network, x);
  }

  private static INDArray oneHot(NamedModel named) {
    INDArray labels = Nd4j.zeros(named.outputShape().toArray());
    int[] classes = named.labels();
    for (int i = 0; i < classes.length; i++) {
      labels.putScalar(i, classes[i], 1);
    }
    return labels;
  }

  private record Forward(MultiLayerNetwork network, INDArray x) implements Prepared {
    @Override
    public Object get() {
      try (INDArray y = network.output(x)) {
        return y.length();
      }
    }

    @Override
    public void close() {
      if (network.numParams() > 0) { // Without parameters, as in pooling, it cannot be closed.
        network.close();
      }
    }
  }

  private record Step(MultiLayerNetwork network, INDArray x, INDArray labels) implements Prepared {
    @Override
    public Object get() {
      network.fit(x, labels);
      return this;
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
