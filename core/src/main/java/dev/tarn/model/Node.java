package dev.tarn.model;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Layer;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Softmax;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One layer at its place in a network, with the shape of what it puts out.
///
/// A node is immutable; every method returns a new node behind this one, so a network is written
/// from its input to its output, and a shape that does not fit is refused on the line that asks for
/// it:
///
/// ```java
/// Model model = Model.input(1, 28, 28).conv(3, 5).relu().maxPool(2).flatten().dense(10).build();
/// ```
public final class Node {
  private final @Nullable String name;
  private final Layer layer;
  private final List<Node> inputs;
  private final Shape shape;

  private Node(@Nullable String name, Layer layer, List<Node> inputs) {
    this.name = name;
    this.layer = layer;
    this.inputs = List.copyOf(inputs);
    try {
      this.shape = layer.outputShape(shapes(inputs));
      if (layer instanceof MaxUnpool unpool) {
        requirePlaces(unpool, inputs.getLast());
      }
      layer.parameters(shapes(inputs)).forEach(p -> p.shape().arraySize());
    } catch (TarnException e) {
      throw e.at(describe(name == null ? layer.kind() : name, layer) + " after " + where(inputs));
    }
  }

  /// Unpooling needs a node that records where its values came from, and the shape they came from.
  private static void requirePlaces(MaxUnpool unpool, Node pool) {
    boolean selects =
        pool.layer instanceof Pool(var reduction, var regions)
            && (reduction instanceof Reduction.Max || reduction instanceof Reduction.Min);
    if (!selects) {
      throw new ParameterException(
          "its second input, %s, records no places; needed a max or min pooling layer."
              .formatted(pool.describe()));
    }
    Shape pooled = pool.inputs.getFirst().shape();
    for (int axis = 0; axis < unpool.sizes().size(); axis++) {
      if (unpool.sizes().get(axis) != pooled.spatial(axis)) {
        throw new ShapeException(
            "output sizes are %s, but %s pooled %s; needed the spatial sizes of that."
                .formatted(unpool.sizes(), pool.describe(), pooled));
      }
    }
  }

  /// A node of `layer` behind `inputs`, named by its kind and a running number.
  ///
  /// @throws dev.tarn.error.ShapeException if the inputs' shapes do not fit the layer
  public static Node of(Layer layer, Node... inputs) {
    return new Node(null, layer, Arrays.asList(inputs));
  }

  /// As [#of(Layer, Node...)].
  public static Node of(Layer layer, List<Node> inputs) {
    return new Node(null, layer, inputs);
  }

  /// The same node under a name of the user's: letters, digits, `_`, `-`, `/`.
  public Node named(String wanted) {
    if (!wanted.matches("[\\p{L}\\p{N}_/-]{1,100}")) {
      throw new ParameterException(
          "name \"%s\" is not possible; needed 1 to 100 letters, digits, _, - or /."
              .formatted(TarnException.quote(wanted)));
    }
    return new Node(wanted, layer, inputs);
  }

  Node with(String name, List<Node> inputs) {
    return new Node(name, layer, inputs);
  }

  /// The same layer under the same name behind other nodes, for [Rewrite].
  ///
  /// @throws dev.tarn.error.ShapeException if their shapes do not fit
  public Node behind(List<Node> others) {
    return new Node(name, layer, others);
  }

  /// The name: the user's, or inside a [Model] one made of the layer's kind and a number; before
  /// that the kind.
  public String name() {
    return name == null ? layer.kind() : name;
  }

  boolean isNamed() {
    return name != null;
  }

  public Layer layer() {
    return layer;
  }

  public List<Node> inputs() {
    return inputs;
  }

  /// Per-sample shape of the output.
  public Shape shape() {
    return shape;
  }

  /// Per-sample shapes of the inputs.
  public List<Shape> inputShapes() {
    return shapes(inputs);
  }

  private static List<Shape> shapes(List<Node> nodes) {
    return nodes.stream().map(Node::shape).toList();
  }

  /// `pool3 (max, kernel 3, stride 2)`
  public String describe() {
    return describe(name(), layer);
  }

  private static String describe(String name, Layer layer) {
    String text = layer.toString();
    return text.isEmpty() ? name : "%s (%s)".formatted(name, text);
  }

  private static String where(List<Node> inputs) {
    return inputs.isEmpty()
        ? "nothing"
        : String.join(", ", inputs.stream().map(n -> n.name() + " " + n.shape()).toList());
  }

  // What follows puts one more layer behind this node.

  /// Puts any layer behind this node.
  public Node then(Layer next) {
    return of(next, this);
  }

  /// A convolution: `outChannels` filters of this kernel size, stride 1, no padding.
  public Node conv(int outChannels, int... kernel) {
    return then(Conv.of(outChannels, kernel));
  }

  public Node relu() {
    return then(new Activate(Activation.RELU));
  }

  public Node activate(Activation function) {
    return then(new Activate(function));
  }

  /// Max pooling with windows of this size, the stride being the kernel.
  public Node maxPool(int... kernel) {
    return then(Pool.max(kernel));
  }

  /// Average pooling with windows of this size, the stride being the kernel.
  public Node averagePool(int... kernel) {
    return then(Pool.average(kernel));
  }

  /// One average per channel: `[C, spatial…]` becomes `[C, 1…]`.
  public Node globalAveragePool() {
    return then(Pool.global(Reduction.average()));
  }

  /// Puts this node's values back where a max pooling node took its maxima from.
  public Node maxUnpool(Node pool) {
    if (pool.inputs.size() != 1) {
      throw new ParameterException(
          "unpooling: %s is not a max pooling layer; needed one.".formatted(pool.describe()));
    }
    int[] sizes = pool.inputs.getFirst().shape().toArray();
    List<Integer> spatial = IntStream.of(sizes).skip(1).boxed().toList();
    return of(new MaxUnpool(spatial, Duplicates.LAST), this, pool);
  }

  public Node flatten() {
    return then(new Flatten());
  }

  /// A fully connected layer.
  public Node dense(int units) {
    return then(Dense.of(units));
  }

  public Node softmax() {
    return then(new Softmax());
  }

  public Node batchNorm() {
    return then(new BatchNorm());
  }

  public Node dropout(double rate) {
    return then(new Dropout(rate));
  }

  /// The sum of this node and others, axes of size 1 repeated.
  public Node add(Node... others) {
    return join(new Add(), others);
  }

  /// The product of this node and others, axes of size 1 repeated.
  public Node multiply(Node... others) {
    return join(new Multiply(), others);
  }

  /// This node and others, one behind the other along channels.
  public Node concat(Node... others) {
    return join(new Concat(), others);
  }

  private Node join(Layer layer, Node... others) {
    List<Node> all = new ArrayList<>(List.of(this));
    all.addAll(Arrays.asList(others));
    return of(layer, all);
  }

  /// The model that ends in this node.
  public Model build() {
    return Model.of(this);
  }

  @Override
  public String toString() {
    return describe() + " → " + shape;
  }
}
