package dev.tarn.bench.peer;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import dev.tarn.bench.Library;
import java.util.Objects;

/// PyTorch's native library through Deep Java Library (Apache-2.0): predictors, and trainers with
/// their gradient collectors, as its guides have them. Channels first.
public final class DjlPyTorch implements Library {
  private static final String ENGINE = "PyTorch";

  @Override
  public String name() {
    return "djl-pytorch";
  }

  @Override
  public boolean has(String name) {
    return NamedModel.of(name) != null;
  }

  @Override
  public Prepared prepare(String name, int threads) {
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    NamedModel named = Objects.requireNonNull(NamedModel.of(name));
    var model = Model.newInstance(name, Device.cpu(), ENGINE);
    Block block = DjlBlocks.of(named.model());
    model.setBlock(block);
    Shape shape = new Shape(longs(named.inputShape().toArray()));
    NDManager manager = model.getNDManager();
    NDArray x = manager.create(named.inputs(), shape);
    return switch (named.work()) {
      case FORWARD -> {
        block.initialize(manager, DataType.FLOAT32, shape);
        yield new Forward(model, x);
      }
      case FORWARD_BACKWARD -> {
        block.initialize(manager, DataType.FLOAT32, shape);
        yield new ForwardBackward(model, x);
      }
      case STEP -> new Step(model, x, manager.create(named.labels()));
    };
  }

  private static long[] longs(int[] sizes) {
    long[] wide = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      wide[i] = sizes[i];
    }
    return wide;
  }

  private record Forward(Model model, Predictor<NDList, NDList> predictor, NDList x)
      implements Prepared {
    Forward(Model model, NDArray x) {
      this(model, model.newPredictor(new NoopTranslator()), new NDList(x));
    }

    @Override
    public Object get() {
      try (NDList y = predictor.predict(x)) {
        return y.singletonOrThrow().getShape();
      } catch (TranslateException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      predictor.close();
      model.close();
    }
  }

  /// The gradient of the outputs is ones, which the collector makes itself.
  private record ForwardBackward(Model model, ParameterStore store, NDArray x) implements Prepared {
    ForwardBackward(Model model, NDArray x) {
      this(model, new ParameterStore(model.getNDManager(), false), x);
      x.setRequiresGradient(true);
    }

    @Override
    public Object get() {
      try (var scope = new NDScope();
          GradientCollector collector = Engine.getEngine(ENGINE).newGradientCollector()) {
        scope.suppressNotUsedWarning();
        collector.backward(model.getBlock().forward(store, new NDList(x), true).singletonOrThrow());
        return x.getGradient().getShape();
      }
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private static final class Step implements Prepared {
    private final Model model;
    private final Trainer trainer;
    private final NDList x;
    private final NDList labels;

    Step(Model model, NDArray x, NDArray labels) {
      this.model = model;
      this.trainer =
          model.newTrainer(
              new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                  .optDevices(new Device[] {Device.cpu()})
                  .optOptimizer(
                      Optimizer.sgd()
                          .setLearningRateTracker(Tracker.fixed(NamedModel.LEARNING_RATE))
                          .optMomentum(NamedModel.MOMENTUM)
                          .build()));
      this.x = new NDList(x);
      this.labels = new NDList(labels);
      trainer.initialize(x.getShape());
      step(); // Outside a scope: the first step makes the momenta, which stay.
    }

    private void step() {
      try (GradientCollector collector = trainer.newGradientCollector()) {
        collector.backward(trainer.getLoss().evaluate(labels, trainer.forward(x)));
      }
      trainer.step();
    }

    @Override
    public Object get() {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        step();
      }
      return this;
    }

    @Override
    public void close() {
      trainer.close();
      model.close();
    }
  }
}
