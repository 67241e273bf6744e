package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Prepared;
import dev.tarn.engine.Workers;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Heap;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A model made ready to run: a flat list of steps with chosen kernels and fixed places in one
/// arena.
///
/// A plan is immutable; many threads may run it, each with a [Frame] of its own. One run:
///
/// ```java
/// Plan plan = Plan.inference(model, 32);
/// Frame frame = plan.frame(parameters);
/// plan.input(frame, 0, images);
/// plan.forward(frame, workers, images.shape().size(0));
/// Tensor scores = plan.output(frame, 0, images.shape().size(0));
/// ```
public final class Plan {
  private final Model model;
  private final PlanOptions options;
  private final List<Step> forward;
  private final List<Step> backward;
  private final List<Buffer> inputs;
  private final List<Buffer> outputs;
  private final List<Buffer> gradOutputs;
  private final List<@Nullable Buffer> gradInputs;
  private final int arenaSize;
  private final int byteSize;
  private final List<Kernel> once;
  private final int preparedSize;

  private Plan(Model model, PlanOptions options) {
    options.frozen().forEach(model::node);
    this.model = model;
    this.options = options;
    Draft draft = Recomputation.within(model, options);
    draft.requireOneArray();
    this.inputs = draft.outline.inputs;
    this.outputs = draft.outline.outputs;
    this.gradOutputs = draft.outline.gradOutputs;
    this.gradInputs = draft.outline.gradInputs;
    this.forward = draft.forward;
    this.backward = draft.backward;
    this.once = draft.once;
    this.arenaSize = (int) draft.arenaSize;
    this.byteSize = (int) draft.byteSize;
    this.preparedSize = (int) draft.preparedSize;
  }

  /// A plan for prediction of up to `batch` samples at a time.
  public static Plan inference(Model model, int batch) {
    return of(model, PlanOptions.inference(batch));
  }

  /// A plan for training with up to `batch` samples at a time.
  public static Plan training(Model model, int batch) {
    return of(model, PlanOptions.training(batch));
  }

  /// A plan made as `options` say.
  ///
  /// @throws dev.tarn.error.LimitException if the arena would not fit in an array, or within the
  ///   limit that the options set
  public static Plan of(Model model, PlanOptions options) {
    return new Plan(model, options);
  }

  public Model model() {
    return model;
  }

  public PlanOptions options() {
    return options;
  }

  /// The most samples of one run.
  public int batch() {
    return options.batch();
  }

  /// The steps of the forward pass, in order.
  public List<Step> forwardSteps() {
    return forward;
  }

  /// The steps of the backward pass, in order; none for inference.
  public List<Step> backwardSteps() {
    return backward;
  }

  /// Bytes of activations, their gradients and scratch that one frame needs, parameters not
  /// included.
  public long memory() {
    return 4L * arenaSize + byteSize;
  }

  /// Bytes of packed and transformed weights, which all frames of the same parameters share if they
  /// are made by [#frame(Frame)].
  public long preparedMemory() {
    return 4L * preparedSize;
  }

  /// Memory for one execution. It refers to `parameters`, whose changes it sees; training plans'
  /// frames have gradients too.
  ///
  /// @throws dev.tarn.error.LimitException if the Java heap has no room for it
  public Frame frame(Parameters parameters) {
    if (parameters.model() != model) {
      throw new ParameterException(
          "plan: the parameters belong to another model; make them with Parameters.initialize(model, seed) or load them with it.");
    }
    return frame(parameters.array(), new Prepared(preparedSize, parameters::version));
  }

  /// Memory for one more execution with the parameters of another frame of this plan, whose
  /// prepared weights it shares.
  ///
  /// @throws dev.tarn.error.LimitException if the Java heap has no room for it
  public Frame frame(Frame sibling) {
    return frame(sibling.parameters(), sibling.prepared());
  }

  private Frame frame(float[] parameters, Prepared prepared) {
    boolean training = options.mode() == PlanOptions.Mode.TRAINING;
    float[] gradients = Heap.floats(training ? model.parameterArraySize() : 0, "plan: a frame");
    float[] arena = Heap.floats(arenaSize, "plan: a frame");
    byte[] bytes = Heap.bytes(byteSize, "plan: a frame");
    return new Frame(arena, parameters, gradients, bytes, prepared);
  }

  /// Gives an input its values: `samples` of them, each in logical order `C, spatial…`, from
  /// `from[at]` on.
  public void input(Frame frame, int input, float[] from, int at, int samples) {
    requireSamples(samples);
    Shape shape = model.inputs().get(input).shape();
    Buffer to = inputs.get(input);
    Interleave.channelsLast(shape, samples, from, at, frame.array(to), to.at());
  }

  /// Gives an input the values of a tensor `[samples, C, spatial…]` in any layout.
  ///
  /// @throws ShapeException if it does not fit the input
  public void input(Frame frame, int input, Tensor values) {
    Node node = model.inputs().get(input);
    int samples = requireFit(node, values);
    Buffer to = inputs.get(input);
    Interleave.channelsLast(node.shape(), samples, values, frame.array(to), to.at());
  }

  /// Runs the forward pass over the first `samples` samples; 0 do nothing.
  public void forward(Frame frame, Workers workers, int samples) {
    requireSamples(samples);
    frame.batch(samples);
    frame.saved(-1);
    frame.prepared().update(once, frame, workers);
    run(forward, frame, workers);
    for (int output = 0; output < gradOutputs.size(); output++) {
      Buffer gradOutput = gradOutputs.get(output);
      int at = gradOutput.at();
      Arrays.fill(frame.array(gradOutput), at, at + (int) gradOutput.size(samples), 0f);
    }
    frame.saved(samples);
  }

  /// Copies an output's values to `to[at …]`, in logical order.
  public void output(Frame frame, int output, float[] to, int at, int samples) {
    Buffer from = outputs.get(output);
    Shape shape = model.outputs().get(output).shape();
    Interleave.channelsFirst(shape, samples, frame.array(from), from.at(), to, at);
  }

  /// An output's values as a tensor `[samples, C, spatial…]`.
  public Tensor output(Frame frame, int output, int samples) {
    Tensor tensor = Tensor.zeros(model.outputs().get(output).shape().batch(samples));
    output(frame, output, tensor.array(), 0, samples);
    return tensor;
  }

  /// Gives the gradient of the loss by an output, in logical order. One that is not given is 0.
  public void gradOutput(Frame frame, int output, float[] from, int at, int samples) {
    requireSaved(frame, samples);
    Buffer to = gradOutputs.get(output);
    Shape shape = model.outputs().get(output).shape();
    Interleave.channelsLast(shape, samples, from, at, frame.array(to), to.at());
  }

  /// Runs the backward pass, which overwrites [Frame#gradients].
  ///
  /// @throws ParameterException if no forward pass over as many samples came just before: its
  ///   activations are used up
  public void backward(Frame frame, Workers workers, int samples) {
    requireSaved(frame, samples);
    frame.saved(-1);
    run(backward, frame, workers);
  }

  private static void run(List<Step> steps, Frame frame, Workers workers) {
    for (int i = 0; i < steps.size(); i++) { // an iterator would be garbage in every run
      workers.run(steps.get(i).kernel(), frame);
    }
  }

  /// The gradient by an input after a backward pass, `[samples, C, spatial…]`.
  ///
  /// @throws ParameterException if the plan does not compute it
  public Tensor gradInput(Frame frame, int input, int samples) {
    Buffer from = input < gradInputs.size() ? gradInputs.get(input) : null;
    if (from == null) {
      throw new ParameterException(
          "plan: has no gradient by input %d; ask for it with PlanOptions.gradients(PARAMETERS_AND_INPUTS)."
              .formatted(input));
    }
    Shape shape = model.inputs().get(input).shape();
    Tensor tensor = Tensor.zeros(shape.batch(samples));
    Interleave.channelsFirst(shape, samples, frame.array(from), from.at(), tensor.array(), 0);
    return tensor;
  }

  private void requireSaved(Frame frame, int samples) {
    if (options.mode() != PlanOptions.Mode.TRAINING) {
      throw new ParameterException(
          "plan: made for inference, so it has no backward pass; use Plan.training(model, batch).");
    }
    if (frame.saved() != samples) {
      throw new ParameterException(
          "plan: no saved forward pass over %d samples; every backward pass needs a forward pass of its own just before it."
              .formatted(samples));
    }
  }

  private void requireSamples(int samples) {
    if (samples < 0 || samples > options.batch()) {
      throw new ShapeException(
          "plan: %d samples; needed 0 to %d, the batch it was made for."
              .formatted(samples, options.batch()));
    }
  }

  private int requireFit(Node node, Tensor values) {
    Shape wanted = node.shape();
    if (!values.shape().isBatchOf(wanted)) {
      throw new ShapeException(
          "%s: got a tensor %s; needed [samples, %s]."
              .formatted(
                  node.name(), values.shape(), wanted.toString().replaceAll("[\\[\\]]", "")));
    }
    int samples = values.shape().size(0);
    requireSamples(samples);
    return samples;
  }

  /// One line per step: layer, kernel, shapes, places, FLOPs, bytes, and why faster kernels
  /// refused.
  public String explain() {
    return Explanation.of(this, arenaSize, byteSize);
  }
}
