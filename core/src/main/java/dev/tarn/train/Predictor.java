package dev.tarn.train;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Softmax;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Answers questions with a trained network. Many threads may share one; each call computes on the
/// thread that makes it unless [#workers] gives it more.
///
/// Answers depend on the example alone: not on threads, and not on the examples beside it. Memory
/// for activations is kept for as many calls as ever ran at once.
public final class Predictor {
  private static final int LARGEST_BATCH = 32;

  /// Memory that a batch may need before it is made smaller.
  private static final long ROOMY_BYTES = 64L << 20;

  private final Model model;
  private final Parameters parameters;
  private final List<String> labels;
  private final Workers workers;
  private final Plan plan;
  private final Queue<Frame> frames = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Frame> first = new AtomicReference<>();

  private Predictor(
      Model model, Parameters parameters, List<String> labels, Workers workers, Plan plan) {
    this.model = model;
    this.parameters = parameters;
    this.labels = labels;
    this.workers = workers;
    this.plan = plan;
  }

  /// A predictor of this network with a copy of these weights, so they may be trained further;
  /// classes are called `0`, `1`, … until [#labels] names them.
  public static Predictor of(Model model, Parameters parameters) {
    return sharing(model, parameters.copy());
  }

  /// The same without the copy, for large networks: the weights must not be changed as long as the
  /// predictor is used.
  public static Predictor sharing(Model model, Parameters parameters) {
    Shape output = model.outputs().getFirst().shape();
    List<String> numbers =
        IntStream.range(0, output.channels()).mapToObj(Integer::toString).toList();
    Plan plan = Plan.inference(model, batchFor(model));
    return new Predictor(model, parameters, numbers, Workers.of(1), plan);
  }

  /// The most samples to run at a time: as many as fit in little memory, since more are no faster.
  static int batchFor(Model model) {
    long sample = Math.max(1, Plan.inference(model, 1).memory());
    return Math.clamp(ROOMY_BYTES / sample, 1, LARGEST_BATCH);
  }

  /// The same with names for the classes.
  ///
  /// @throws ShapeException if there are not as many as the network has outputs
  public Predictor labels(List<String> names) {
    if (names.size() != labels.size()) {
      throw new ShapeException(
          "predictor: %d labels for %d outputs; needed one for each."
              .formatted(names.size(), labels.size()));
    }
    return new Predictor(model, parameters, List.copyOf(names), workers, plan);
  }

  /// The same computing on these threads, which calls take turns to use. The caller closes them.
  public Predictor workers(Workers pool) {
    return new Predictor(model, parameters, labels, pool, plan);
  }

  public Model model() {
    return model;
  }

  public List<String> labels() {
    return labels;
  }

  /// The network's outputs for inputs `N, C, spatial…`, any number of them, in logical order.
  ///
  /// @throws ShapeException if the inputs do not fit the network
  public Tensor predict(Tensor inputs) {
    return predict(List.of(inputs)).getFirst();
  }

  /// Every output of a network for one tensor per input, all of the same number of samples.
  ///
  /// @throws ShapeException if the inputs do not fit the network
  public List<Tensor> predict(List<Tensor> inputs) {
    int samples = requireFit(inputs);
    List<Tensor> given = inputs.stream().map(t -> t.to(Layout.NCHW)).toList();
    List<Tensor> answers =
        model.outputs().stream().map(n -> Tensor.zeros(n.shape().batch(samples))).toList();
    Frame pooled = frames.poll();
    Frame frame = pooled == null ? newFrame() : pooled;
    try {
      for (int from = 0; from < samples; from += plan.batch()) {
        int count = Math.min(plan.batch(), samples - from);
        for (int i = 0; i < given.size(); i++) {
          int at = from * model.inputs().get(i).shape().arraySize();
          plan.input(frame, i, given.get(i).array(), at, count);
        }
        plan.forward(frame, workers, count);
        for (int i = 0; i < answers.size(); i++) {
          int at = from * model.outputs().get(i).shape().arraySize();
          plan.output(frame, i, answers.get(i).array(), at, count);
        }
      }
    } finally {
      frames.add(frame);
    }
    return answers;
  }

  /// All frames share the weights that the first prepares.
  private Frame newFrame() {
    Frame sibling = first.get();
    if (sibling != null) {
      return plan.frame(sibling);
    }
    Frame frame = plan.frame(parameters);
    return first.compareAndSet(null, frame) ? frame : newFrame();
  }

  private int requireFit(List<Tensor> inputs) {
    if (inputs.size() != model.inputs().size()) {
      throw new ShapeException(
          "predictor: %d inputs; the model has %d."
              .formatted(inputs.size(), model.inputs().size()));
    }
    int samples = inputs.getFirst().shape().rank() == 0 ? 0 : inputs.getFirst().shape().size(0);
    for (int i = 0; i < inputs.size(); i++) {
      Node node = model.inputs().get(i);
      Shape got = inputs.get(i).shape();
      if (!got.equals(node.shape().batch(samples))) {
        throw new ShapeException(
            "predictor: %s got a tensor %s; needed %s, one sample or more of shape %s."
                .formatted(node.name(), got, node.shape().batch(samples), node.shape()));
      }
    }
    return samples;
  }

  /// What the network takes one example for, given as `C, spatial…` or as a batch of one.
  ///
  /// @throws ShapeException if the example does not fit the network
  public Prediction classify(Tensor example) {
    Shape sample = model.inputs().getFirst().shape();
    if (!example.shape().equals(sample) && !example.shape().equals(sample.batch(1))) {
      throw new ShapeException(
          "predictor: got a tensor %s; needed one example, %s or %s."
              .formatted(example.shape(), sample, sample.batch(1)));
    }
    return classifyAll(example.reshape(sample.batch(1))).getFirst();
  }

  /// What the network takes each of the examples `N, C, spatial…` for.
  ///
  /// A network that ends in scores (logits) gets its softmax here; one that ends in a softmax or
  /// sigmoid has its outputs taken as they are.
  ///
  /// @throws ShapeException if the examples do not fit the network
  /// @throws UnsupportedException if the network puts out maps instead of one number per class
  public List<Prediction> classifyAll(Tensor examples) {
    Node last = model.outputs().getFirst();
    if (last.shape().positions() != 1) {
      throw new UnsupportedException(
          "predictor: %s puts out %s; needed one number per class. Use predict(…) for its values."
              .formatted(last.name(), last.shape()));
    }
    Tensor outputs = predict(examples);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < outputs.shape().size(0); i++) {
      predictions.add(new Prediction(labels, probabilities(last.layer(), outputs.array(), i)));
    }
    return predictions;
  }

  private List<Double> probabilities(Layer last, float[] outputs, int sample) {
    int classes = labels.size();
    List<Double> shares = new ArrayList<>(Collections.nCopies(classes, 0.0));
    boolean done =
        last instanceof Softmax
            || (last instanceof Activate(var function) && function instanceof Activation.Sigmoid);
    double most = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      most = Math.max(most, outputs[sample * classes + c]);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      double value = outputs[sample * classes + c];
      shares.set(c, done ? value : StrictMath.exp(value - most));
      sum += shares.get(c);
    }
    double divisor = done ? 1 : sum;
    shares.replaceAll(share -> share / divisor);
    return shares;
  }
}
