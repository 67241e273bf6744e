package dev.tarn.io.onnx;

import dev.tarn.io.binary.ElementType;
import dev.tarn.model.Node;
import dev.tarn.tensor.IndexOrder;
import dev.tarn.tensor.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What a node of the model puts out.
///
/// Where the first axis is the batch, the node's per-sample shape is that of the other axes; where
/// there is no batch, a sample is the whole value. A value without axes is a sample of shape `[1]`.
final class Computed implements Value {
  /// The size of the batch's axis.
  static final int BATCH = -1;

  private final Node node;
  private final int[] dims;
  private final ElementType type;
  private final @Nullable Node pooled;
  private final IndexOrder order;

  private Computed(
      Node node, int[] dims, ElementType type, @Nullable Node pooled, IndexOrder order) {
    this.order = order;
    this.node = node;
    this.dims = dims;
    this.type = type;
    this.pooled = pooled;
  }

  Computed(Node node, int[] dims, ElementType type) {
    this(node, dims.clone(), type, null, IndexOrder.TENSOR);
  }

  /// The places that a max pooling node selected, whose numbers nobody needs but its unpooling.
  static Computed places(Node pooled, int[] dims, IndexOrder order) {
    return new Computed(pooled, dims.clone(), ElementType.I64, pooled, order);
  }

  Node node() {
    return node;
  }

  /// The pooling node whose places these are; null for any other value.
  @Nullable Node pooled() {
    return pooled;
  }

  /// How the numbers of the places count.
  IndexOrder order() {
    return order;
  }

  @Override
  public int[] dims() {
    return dims.clone();
  }

  @Override
  public ElementType type() {
    return type;
  }

  boolean hasBatch() {
    return dims.length > 0 && dims[0] == BATCH;
  }

  /// The per-sample shape of a value of these sizes.
  static Shape sample(int... dims) {
    int from = dims.length > 0 && dims[0] == BATCH ? 1 : 0;
    return from == dims.length
        ? Shape.of(1)
        : Shape.of(Arrays.copyOfRange(dims, from, dims.length));
  }
}
