package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Activate;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Conv;
import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What forward and backward lowering share: each node's buffers, and the sizes its kernels work
/// with.
final class Values {
  final Model model;
  final PlanOptions options;
  private final Map<Node, Buffer> values = new HashMap<>();
  private final Map<Node, Buffer> argmax = new HashMap<>();
  private final Map<Node, Buffer> saved = new HashMap<>();
  private final Map<Node, List<Node>> readers = new HashMap<>();
  private final Set<Node> unpooled = new HashSet<>();
  private final Set<Node> late = new HashSet<>();
  private final Map<Buffer, Node> roots = new HashMap<>();
  private final Set<Node> forgotten = new HashSet<>();
  private Consumer<Node> again = node -> {};

  Values(Model model, PlanOptions options) {
    this.model = model;
    this.options = options;
    for (Node node : model.nodes()) {
      node.inputs().forEach(i -> readers.computeIfAbsent(i, k -> new ArrayList<>()).add(node));
      if (node.layer() instanceof MaxUnpool) {
        unpooled.add(node.inputs().getLast());
      }
    }
    if (training() && options.fusion() != PlanOptions.Fusion.NONE) {
      model.nodes().stream().filter(this::mayMaskLate).forEach(late::add);
    }
  }

  boolean training() {
    return options.mode() == PlanOptions.Mode.TRAINING;
  }

  /// The batch norm that is folded into this node's weights; null if there is none.
  @Nullable Node folded(Node node) {
    List<Node> after = readers.getOrDefault(node, List.of());
    boolean folds =
        !training()
            && options.fusion() == PlanOptions.Fusion.FULL
            && (node.layer() instanceof Conv || node.layer() instanceof Dense)
            && after.size() == 1
            && after.getFirst().layer() instanceof BatchNorm
            && !model.outputs().contains(node);
    return folds ? after.getFirst() : null;
  }

  /// Whether this batch norm is done by the weights of the node before it.
  boolean isFolded(Node norm) {
    return folded(norm.inputs().getFirst()) == norm;
  }

  boolean frozen(Node node) {
    return options.frozen().contains(node.name());
  }

  /// Whether the gradient of a ReLU is taken where it is smaller, after the max or min pooling that
  /// follows: masked with the pooled values, before the pooling's own gradient. The large map that
  /// the ReLU left is then not kept.
  ///
  /// Both orders give the same bits. A window's result is the value that the ReLU left at the place
  /// the gradient goes to, so both masks stop the same gradients; where several windows share a
  /// place, they share its value too.
  boolean isMaskedLate(Node relu) {
    return late.contains(relu);
  }

  /// Whether the gradient of this pooling's result is masked for the ReLU before it.
  boolean masks(Node pool) {
    return pool.inputs().size() == 1 && isMaskedLate(pool.inputs().getFirst());
  }

  private boolean mayMaskLate(Node node) {
    List<Node> after = readers.getOrDefault(node, List.of());
    return node.layer() instanceof Activate(Activation.Relu relu)
        && !model.outputs().contains(node)
        && after.size() == 1
        && after.getFirst().layer() instanceof Pool pool
        && PoolProblem.Backward.needsArgmax(pool.reduction())
        && geometry(after.getFirst(), pool).outPositions() < node.shape().positions();
  }

  /// The buffer of a node's output, which is computed again first if it was not kept.
  Buffer value(Node node) {
    if (forgotten.remove(node)) {
      again.accept(node);
    }
    return place(node);
  }

  /// The buffer of a node's output, whatever it holds: for problems that only ask how large it is.
  Buffer place(Node node) {
    return Objects.requireNonNull(values.get(node), node::name);
  }

  /// Says that the backward pass begins.
  ///
  /// @param dropped nodes whose outputs it does not find, nor those in the same buffers
  /// @param compute is asked to make one of them again, in a new buffer
  void turn(Set<Node> dropped, Consumer<Node> compute) {
    again = compute;
    values.forEach((node, buffer) -> {
      Node root = roots.get(buffer);
      if (root != null && dropped.contains(root)) {
        forgotten.add(node);
      }
    });
  }

  /// The node that a buffer was made for; null if it holds no node's output.
  @Nullable Node root(Buffer buffer) {
    return roots.get(buffer);
  }

  /// Whether a node's output can be computed again: neither given from outside, nor wanted there,
  /// nor made by code we do not know.
  boolean mayForget(Node root) {
    return !(root.layer() instanceof Input)
        && !(root.layer() instanceof CustomLayer)
        && model.outputs().stream().noneMatch(o -> roots.get(place(o)) == root);
  }

  /// The buffer of a node's first input.
  Buffer input(Node node) {
    return value(node.inputs().getFirst());
  }

  Buffer inputPlace(Node node) {
    return place(node.inputs().getFirst());
  }

  /// A buffer of its own for the node's output.
  Buffer newValue(Node node) {
    Buffer buffer = Buffer.perSample(Space.ARENA, node.name(), node.shape().elements());
    values.put(node, buffer);
    roots.put(buffer, node);
    return buffer;
  }

  /// Lets the node's output be the buffer of its first input.
  void alias(Node node) {
    values.put(node, input(node));
  }

  /// A buffer for the node's output: that of its first input if nobody else needs what is in there.
  Buffer valueInPlace(Node node) {
    input(node);
    if (!mayOverwrite(node.inputs().getFirst())) {
      return newValue(node);
    }
    alias(node);
    return value(node);
  }

  private boolean mayOverwrite(Node node) {
    boolean wanted =
        node.inputs().isEmpty()
            || model.outputs().contains(node)
            || readers.getOrDefault(node, List.of()).size() != 1
            || (training() && (masks(node) || backwardReadsOutput(node.layer())));
    boolean alias = !wanted && place(node) == inputPlace(node);
    return !wanted && (!alias || mayOverwrite(node.inputs().getFirst()));
  }

  /// Whether a layer's own backward pass reads what its forward pass wrote.
  private static boolean backwardReadsOutput(Layer layer) {
    return switch (layer) {
      case Pool pool -> PoolProblem.Backward.needsValues(pool.reduction());
      case Activate activate -> !PointwiseProblem.ActivateBackward.needsInput(activate.function());
      case Softmax softmax -> true;
      case Reduce reduce -> true;
      case CustomLayer custom -> true;
      default -> false;
    };
  }

  /// Where a pooling node keeps the places of its extrema; null if nobody asks for them, or if it
  /// has found them already.
  @Nullable Buffer argmax(Node node, Pool pool, PoolGeometry geometry) {
    boolean backward = training() && PoolProblem.Backward.needsArgmax(pool.reduction());
    if (argmax.containsKey(node) || (!backward && !unpooled.contains(node))) {
      return null;
    }
    long size = node.shape().elements() * geometry.argmaxBytes();
    Buffer places = Buffer.perSample(Space.BYTES, node.name() + ".argmax", size);
    argmax.put(node, places);
    return places;
  }

  /// The places a pooling node recorded.
  Buffer argmaxOf(Node pool) {
    return Objects.requireNonNull(argmax.get(pool), pool::name);
  }

  /// What batch norm keeps from its forward pass.
  Buffer saved(Node node) {
    return saved.computeIfAbsent(
        node, n -> Buffer.scratch(Space.ARENA, n.name() + ".saved", 2L * n.shape().channels()));
  }

  /// A parameter of the node, or its gradient.
  Buffer parameter(Node node, String name, Space space) {
    return Objects.requireNonNull(
        parameterOrNull(node, name, space), () -> node.name() + "." + name);
  }

  @Nullable Buffer parameterOrNull(Node node, String name, Space space) {
    for (Parameter p : model.parameters(node)) {
      if (p.spec().name().equals(name)) {
        return space == Space.PARAMETERS && !training()
            ? Buffer.constant(p.name(), p.at(), p.size())
            : Buffer.fixed(space, p.name(), p.at(), p.size());
      }
    }
    return null;
  }

  static PoolGeometry geometry(Node node, Pool pool) {
    Shape input = node.inputs().getFirst().shape();
    return poolGeometry(input.channels(), pool.spans(input));
  }

  static PoolGeometry geometry(Node node, AverageUnpool unpool) {
    return poolGeometry(node.shape().channels(), unpool.spans());
  }

  private static PoolGeometry poolGeometry(int channels, List<Spans> spans) {
    List<Spans> three = three(spans);
    return new PoolGeometry(channels, Layout.NHWC, three.get(0), three.get(1), three.get(2));
  }

  static ConvGeometry geometry(Node node, Conv conv) {
    Shape input = node.inputs().getFirst().shape();
    return geometry(input, node.shape(), conv.groups(), conv.window());
  }

  /// The convolution from the output to the input, whose gradient the layer is.
  static ConvGeometry geometry(Node node, TransposedConv conv) {
    Shape input = node.inputs().getFirst().shape();
    Window window = conv.window().rounding(Rounding.FLOOR);
    return geometry(node.shape(), input, conv.groups(), window);
  }

  private static ConvGeometry geometry(Shape input, Shape output, int groups, Window window) {
    List<Spans> spans = new ArrayList<>();
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      Spans all = window.spans(axis, input.spatialRank(), input.spatial(axis));
      spans.add(all.first(output.spatial(axis)));
    }
    List<Spans> three = three(spans);
    return new ConvGeometry(
        input.channels(), output.channels(), groups, three.get(0), three.get(1), three.get(2));
  }

  private static List<Spans> three(List<Spans> spans) {
    List<Spans> three = new ArrayList<>(spans);
    while (three.size() < 3) {
      three.addFirst(Spans.single());
    }
    return three;
  }

  /// Spatial sizes as depth, height, width, with 1 for missing axes.
  static List<Integer> three(Shape shape) {
    List<Integer> three = new ArrayList<>();
    for (int axis = 0; axis < shape.spatialRank(); axis++) {
      three.add(shape.spatial(axis));
    }
    while (three.size() < 3) {
      three.addFirst(1);
    }
    return three;
  }
}
