package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Select;
import dev.tarn.layer.Transpose;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What operators are made of: each of these steps computes at once where everything is known, and
/// puts a layer behind its inputs where it is not. So constants and shape arithmetic vanish while a
/// graph is read.
///
/// Axes and sizes are those of the ONNX graph. Where its first axis is the batch, steps that mix
/// samples are refused by [MixedSamples].
final class Emitter {
  /// Whether the first axis of computed values is the batch.
  enum Batch {
    FIRST_AXIS,
    NONE
  }

  /// Writes the values of a parameter to `to[at…]`.
  @FunctionalInterface
  interface Filler {
    void fill(float[] to, int at);
  }

  /// The most cells of an axis that is selected, repeated or resized.
  static final int MOST_CELLS = 1 << 20;

  private final Batch batch;
  private final Map<String, Map<String, Filler>> parameters = new HashMap<>();
  private final Map<String, Integer> names = new HashMap<>();
  private String stem = "";

  private final long declaredBatch;

  /// @param declaredBatch the size of the batch that the file was exported with; −1 if it is open
  Emitter(Batch batch, long declaredBatch) {
    this.batch = batch;
    this.declaredBatch = declaredBatch;
  }

  long declaredBatch() {
    return declaredBatch;
  }

  Batch batch() {
    return batch;
  }

  /// How the parameters of each node are filled, by the node's name and the parameter's.
  Map<String, Map<String, Filler>> parameters() {
    return parameters;
  }

  /// Names what follows after a node of the graph.
  void stem(String text) {
    String safe = text.replaceAll("^/+|[^\\p{L}\\p{N}_/-]", "_");
    stem =
        safe.isEmpty() || safe.equals("_")
            ? "node"
            : safe.substring(0, Math.min(90, safe.length()));
  }

  private String freshName() {
    int count = names.merge(stem, 1, Integer::sum);
    String name = count == 1 ? stem : stem + "_" + count;
    if (count > 1 && names.putIfAbsent(name, 1) != null) {
      return freshName();
    }
    return name;
  }

  /// A named node.
  Node node(Layer layer, Node... inputs) {
    return Node.of(layer, inputs).named(freshName());
  }

  /// A named node with parameters.
  Node node(Layer layer, Map<String, Filler> fillers, Node... inputs) {
    Node node = node(layer, inputs);
    parameters.put(node.name(), fillers);
    return node;
  }

  /// An input of the network.
  Computed input(String name, ElementType type, int... dims) {
    stem(name);
    Shape sample = Computed.sample(dims);
    if (sample.rank() <= 4) {
      return new Computed(node(new Input(sample)), dims, type);
    }
    Node flat = node(new Input(Shape.of(sample.arraySize())));
    return new Computed(node(new Reshape(sample), flat), dims, type);
  }

  /// A value as a node's output, of at least this many axes.
  Computed computed(Value value, int rank) {
    int[] dims = padded(value.dims(), rank);
    if (value instanceof Computed computed) {
      if (dims.length != value.rank() && computed.hasBatch()) {
        throw new MixedSamples("an axis is put before the batch");
      }
      return dims.length == value.rank() ? computed : (Computed) reshape(computed, dims);
    }
    Known known = (Known) value;
    if (known.hasBatch()) {
      throw new MixedSamples("the size of the batch is computed with");
    }
    if (batch == Batch.FIRST_AXIS) {
      if (dims.length == 0) {
        dims = new int[] {1};
      }
      if (dims[0] != 1) {
        throw new MixedSamples(
            "a constant of shape %s differs from sample to sample"
                .formatted(Arrays.toString(dims)));
      }
      dims[0] = Computed.BATCH;
    }
    Node node = node(new Constant(Computed.sample(dims)), Map.of("value", known::copy));
    return new Computed(node, dims, known.type());
  }

  static int[] padded(int[] dims, int rank) {
    if (dims.length >= rank) {
      return dims;
    }
    int[] padded = new int[rank];
    Arrays.fill(padded, 1);
    System.arraycopy(dims, 0, padded, rank - dims.length, dims.length);
    return padded;
  }

  /// Maps every value by itself.
  Value activate(Value x, Activation function) {
    if (x instanceof Known known && function instanceof Curve curve) {
      return Fold.activate(known, curve);
    }
    Computed from = computed(x, 0);
    return new Computed(node(new Activate(function), from.node()), from.dims(), from.type());
  }

  /// The same value called another type.
  Value as(Value x, ElementType type) {
    return switch (x) {
      case Known known -> known.as(type);
      case Computed computed -> new Computed(computed.node(), computed.dims(), type);
    };
  }

  /// Gives a value other sizes; of a batch, the first stays.
  Value reshape(Value x, int... dims) {
    if (Arrays.equals(x.dims(), dims)) {
      return x;
    }
    if (x instanceof Known known) {
      return known.reshaped(dims);
    }
    Computed from = (Computed) x;
    if (from.hasBatch() != (dims.length > 0 && dims[0] == Computed.BATCH)) {
      throw new MixedSamples("a reshape changes the batch");
    }
    Shape sample = Computed.sample(dims);
    Node node = from.node();
    while (node.layer() instanceof Reshape) {
      node = node.inputs().getFirst();
    }
    if (!node.shape().equals(sample)) {
      node = node(sample.rank() == 1 ? new Flatten() : new Reshape(sample), node);
    }
    return new Computed(node, dims, from.type());
  }

  Value transpose(Value x, int... order) {
    if (IntStream.range(0, order.length).allMatch(axis -> order[axis] == axis)) {
      return x;
    }
    if (x instanceof Known known) {
      return Fold.transpose(known, order);
    }
    Computed from = (Computed) x;
    int skip = from.hasBatch() ? 1 : 0;
    if (skip == 1 && order[0] != 0) {
      throw new MixedSamples("a transpose moves the batch");
    }
    List<Integer> axes = IntStream.of(order).skip(skip).map(a -> a - skip).boxed().toList();
    int[] old = from.dims();
    int[] dims = IntStream.of(order).map(a -> old[a]).toArray();
    return new Computed(node(new Transpose(axes), from.node()), dims, from.type());
  }

  /// Takes cells of some axes; −1 takes the fill.
  Value select(Value x, Map<Integer, int[]> cells, double fill) {
    int[] dims = x.dims();
    List<int[]> all = new ArrayList<>();
    boolean same = true;
    for (int size : dims) {
      if (size > MOST_CELLS) {
        throw new LimitException(
            "an axis of %d cells is taken apart; at most %d are possible."
                .formatted(size, MOST_CELLS));
      }
    }
    for (int axis = 0; axis < dims.length; axis++) {
      int[] identity = IntStream.range(0, Math.max(0, dims[axis])).toArray();
      int[] taken = cells.getOrDefault(axis, identity);
      if (dims[axis] == Computed.BATCH && cells.containsKey(axis)) {
        throw new MixedSamples("samples are selected");
      }
      same &= Arrays.equals(taken, identity);
      all.add(taken);
      dims[axis] = dims[axis] == Computed.BATCH ? Computed.BATCH : taken.length;
    }
    if (same) {
      return x;
    }
    if (x instanceof Known known) {
      return Fold.select(known, all, fill);
    }
    Computed from = (Computed) x;
    if (Computed.sample(dims).elements() == 0) {
      if (from.hasBatch()) {
        throw new MixedSamples("nothing is selected of each sample");
      }
      return Known.of(x.type(), dims);
    }
    List<List<Integer>> layer =
        all.stream()
            .skip(from.hasBatch() ? 1 : 0)
            .map(c -> IntStream.of(c).boxed().toList())
            .toList();
    return new Computed(node(new Select(layer, fill), from.node()), dims, from.type());
  }

  Value concat(List<Value> parts, int axis) {
    List<Value> full = parts.stream().filter(p -> p.dims()[axis] != 0).toList();
    if (full.isEmpty()) {
      return parts.getFirst();
    }
    if (full.size() == 1) {
      return full.getFirst();
    }
    if (full.stream().allMatch(Known.class::isInstance)) {
      return Fold.concat(full.stream().map(Known.class::cast).toList(), axis);
    }
    int rank = full.getFirst().rank();
    List<Computed> computed = full.stream().map(p -> computed(p, rank)).toList();
    int first = computed.getFirst().hasBatch() ? 1 : 0;
    if (axis < first) {
      throw new MixedSamples("samples are concatenated");
    }
    int[] dims = computed.getFirst().dims();
    dims[axis] = computed.stream().mapToInt(c -> c.dims()[axis]).sum();
    int[] order = axisFirst(rank, first, axis);
    List<Node> nodes = new ArrayList<>();
    for (Computed part : computed) {
      nodes.add(((Computed) transpose(part, order)).node());
    }
    Node joined = node(new Concat(), nodes.toArray(Node[]::new));
    int[] moved = IntStream.of(order).map(a -> dims[a]).toArray();
    return transpose(new Computed(joined, moved, computed.getFirst().type()), inverse(order));
  }

  /// The order of axes that brings `axis` to place `first`.
  static int[] axisFirst(int rank, int first, int axis) {
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = i < first || i > axis ? i : i == first ? axis : i - 1;
    }
    return order;
  }

  static int[] inverse(int... order) {
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return inverse;
  }

  /// Combines two values whose axes agree from the last on, or are 1.
  Value combine(Operator operator, Value a, Value b) {
    return Broadcast.combine(this, operator, a, b, a.type());
  }

  /// The same, giving truth.
  Value compare(Operator operator, Value a, Value b) {
    return Broadcast.combine(this, operator, a, b, ElementType.BOOL);
  }

  /// Repeats single axes to these sizes.
  Value expand(Value x, int... dims) {
    return Broadcast.expand(this, x, dims);
  }

  /// Reduces axes, which stay with size 1.
  Value reduce(Value x, Statistic statistic, List<Integer> axes, ElementType type) {
    if (axes.isEmpty()) {
      return switch (statistic) {
        case L1, L2 -> activate(x, Function.ABS);
        case SUM_OF_SQUARES -> combine(Operator.MULTIPLY, x, x);
        case LOG_SUM -> activate(x, Function.LOG);
        default -> x;
      };
    }
    List<Integer> sorted = axes.stream().sorted().toList();
    if (x instanceof Known known) {
      return Fold.reduce(known, statistic, sorted, type);
    }
    Computed from = (Computed) x;
    int skip = from.hasBatch() ? 1 : 0;
    if (skip == 1 && sorted.getFirst() == 0) {
      throw new MixedSamples("samples are reduced together");
    }
    int[] dims = from.dims();
    sorted.forEach(axis -> dims[axis] = 1);
    List<Integer> own = sorted.stream().map(axis -> axis - skip).toList();
    Layer layer = new Reduce(statistic, own);
    boolean plane =
        skip == 1
            && from.node().shape().rank() >= 2
            && from.node().shape().rank() <= 4
            && own.equals(IntStream.range(1, from.node().shape().rank()).boxed().toList());
    if (plane && (statistic == Statistic.MEAN || statistic == Statistic.MAX)) {
      layer = Pool.global(statistic == Statistic.MEAN ? Reduction.average() : Reduction.max());
    }
    return new Computed(node(layer, from.node()), dims, type);
  }

  /// The node of a value as channels and planes of one sample.
  Node planes(Value x) {
    Computed value = computed(x, 1);
    if (value.hasBatch()) {
      return value.node();
    }
    int[] dims = value.dims();
    if (dims.length < 2 || dims[0] != 1) {
      throw new UnsupportedException(
          "a value of shape %s stands for several samples that are mixed elsewhere, which is not supported."
              .formatted(Arrays.toString(dims)));
    }
    Shape sample = Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
    return node(new Reshape(sample), value.node());
  }

  /// What [#planes] gave, with the batch again.
  Computed fromPlanes(Node node, ElementType type) {
    int[] sizes = node.shape().toArray();
    int[] dims = new int[sizes.length + 1];
    System.arraycopy(sizes, 0, dims, 1, sizes.length);
    if (batch == Batch.FIRST_AXIS) {
      dims[0] = Computed.BATCH;
      return new Computed(node, dims, type);
    }
    dims[0] = 1;
    return new Computed(node(new Reshape(Shape.of(dims)), node), dims, type);
  }

  static void requireRank(Value x, int least, int most) {
    if (x.rank() < least || x.rank() > most) {
      throw new FormatException(
          "its input has %d axes; expected %d to %d.".formatted(x.rank(), least, most));
    }
  }
}
