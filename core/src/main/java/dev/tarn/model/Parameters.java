package dev.tarn.model;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Initializer;
import dev.tarn.tensor.Heap;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// The numbers of a model: all its weights, biases and running statistics in one flat array.
///
/// Training changes the array in place. Whoever reads it while another thread trains takes a
/// [#copy] first.
public final class Parameters {
  private final Model model;
  private final float[] array;
  private volatile int version;

  private Parameters(Model model, float[] array) {
    this.model = model;
    this.array = array;
  }

  /// Starting values by each parameter's initializer. The same seed gives the same bits everywhere.
  public static Parameters initialize(Model model, long seed) {
    var parameters = zeros(model);
    int number = 0;
    for (Parameter p : model.parameters()) {
      parameters.start(p, seed, number++);
    }
    return parameters;
  }

  private void start(Parameter p, long seed, int number) {
    var random = SeededRandom.of(seed, number);
    Initializer.fill(p.spec().initializer(), p.spec().shape(), random, array, p.at());
  }

  /// All zeros, to be filled by [#set].
  public static Parameters zeros(Model model) {
    return new Parameters(
        model, Heap.floats(model.parameterArraySize(), "model: the array of its parameters"));
  }

  /// Parameters over an array laid out as [Parameter#at] says, which is not copied.
  ///
  /// @throws ShapeException if its length is not [Model#parameterArraySize]
  public static Parameters of(Model model, float[] array) {
    if (array.length != model.parameterArraySize()) {
      throw new ShapeException(
          "parameters: %d numbers; needed %d, the model's parameterArraySize()."
              .formatted(array.length, model.parameterArraySize()));
    }
    return new Parameters(model, array);
  }

  public Model model() {
    return model;
  }

  /// The live storage; [Parameter#at] says where each parameter begins. Whoever writes to it calls
  /// [#changed] when done.
  public float[] array() {
    return array;
  }

  /// Tells plans for inference that the numbers changed, so that they prepare their weights anew
  /// before the next run. [#set] does so itself; a write to [#array] cannot be seen.
  @SuppressWarnings("NonAtomicVolatileUpdate") // whoever writes the array does so alone
  public void changed() {
    version = (version + 1) & Integer.MAX_VALUE;
  }

  /// A number that [#changed] changes.
  public int version() {
    return version;
  }

  /// A copy of one parameter, such as `conv1.weight`.
  public Tensor get(String name) {
    Parameter p = find(name);
    return Tensor.of(p.spec().shape(), Arrays.copyOfRange(array, p.at(), p.at() + p.size()));
  }

  /// Replaces one parameter.
  ///
  /// @throws ShapeException if the shapes differ
  public void set(String name, Tensor values) {
    Parameter p = find(name);
    if (!p.spec().shape().equals(values.shape())) {
      throw new ShapeException(
          "parameter %s has shape %s; got %s.".formatted(name, p.spec().shape(), values.shape()));
    }
    System.arraycopy(values.reshape(values.shape()).array(), 0, array, p.at(), p.size());
    changed();
  }

  private Parameter find(String name) {
    return model.parameters().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ParameterException(
                "model: has no parameter \"%s\"; it has %s."
                    .formatted(
                        TarnException.quote(name),
                        String.join(
                            ", ", model.parameters().stream().map(Parameter::name).toList()))));
  }

  /// Parameters of another network: every one that this network has too, by name and number of
  /// elements, is copied in order of memory (a dense layer's weight `[units, C·H·W]` is that of a
  /// convolution `[units, C, H, W]`); the others start from their initializers.
  public Parameters transfer(Model other, long seed) {
    var result = zeros(other);
    Map<String, Parameter> mine = new HashMap<>();
    model.parameters().forEach(p -> mine.put(p.name(), p));
    int number = 0;
    for (Parameter p : other.parameters()) {
      Parameter from = mine.get(p.name());
      if (from != null && from.size() == p.size()) {
        System.arraycopy(array, from.at(), result.array, p.at(), p.size());
      } else {
        result.start(p, seed, number);
      }
      number++;
    }
    return result;
  }

  /// An independent copy.
  public Parameters copy() {
    return new Parameters(model, array.clone());
  }
}
