package dev.tarn.io.onnx;

import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.Add;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Multiply;
import dev.tarn.model.Node;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.HashMap;
import java.util.Map;

/// Values that are combined or repeated although their sizes differ: axes agree from the last on,
/// and one of size 1 stands for all cells of the other's.
final class Broadcast {
  private Broadcast() {}

  static Value combine(Emitter emit, Operator operator, Value a, Value b, ElementType type) {
    if (a instanceof Known left && b instanceof Known right) {
      return Fold.combine(operator, left, right, type);
    }
    if (operator == Operator.DIVIDE && !Types.isReal(type)) {
      throw new UnsupportedException(
          "whole numbers that are computed are divided, which is not supported. Cast them to FLOAT.");
    }
    if (b instanceof Known known
        && known.elements() == 1
        && a.rank() >= b.rank()
        && !known.hasBatch()) {
      double value = known.values()[0];
      if (operator == Operator.ADD && Double.isFinite(value)) {
        return emit.activate(a, new Curve.Affine(1, value));
      }
      if (operator == Operator.SUBTRACT && Double.isFinite(value)) {
        return emit.activate(a, new Curve.Affine(1, -value));
      }
      if (operator == Operator.MULTIPLY && Double.isFinite(value)) {
        return emit.activate(a, new Curve.Affine(value, 0));
      }
      if (operator == Operator.DIVIDE && Double.isFinite(1 / value)) {
        return emit.activate(a, new Curve.Affine(1 / value, 0));
      }
    }
    if (a instanceof Known known
        && known.elements() == 1
        && b.rank() >= a.rank()
        && (operator == Operator.ADD || operator == Operator.MULTIPLY)) {
      return combine(emit, operator, b, a, type);
    }
    int rank = Math.max(a.rank(), b.rank());
    Computed left = emit.computed(a, rank);
    Computed right = emit.computed(b, rank);
    int[] dims = Fold.broadcast(left.dims(), right.dims());
    Layer layer =
        switch (operator) {
          case ADD -> new Add();
          case MULTIPLY -> new Multiply();
          default -> new Combine(operator);
        };
    Node node = emit.node(layer, fitted(emit, left, dims), fitted(emit, right, dims));
    return new Computed(node, dims, type);
  }

  /// The node of a value whose planes are whole or single cells, as layers repeat them.
  private static Node fitted(Emitter emit, Computed value, int... dims) {
    Shape own = value.node().shape();
    Shape wanted = Computed.sample(dims);
    if (own.positions() == 1 || own.positions() == wanted.positions()) {
      return value.node();
    }
    Map<Integer, int[]> cells = new HashMap<>();
    int[] old = value.dims();
    for (int axis = 0; axis < dims.length; axis++) {
      if (old[axis] == 1 && dims[axis] > 1) {
        cells.put(axis, new int[dims[axis]]);
      }
    }
    return ((Computed) emit.select(value, cells, 0)).node();
  }

  /// Repeats single axes to these sizes.
  static Value expand(Emitter emit, Value x, int... dims) {
    int rank = Math.max(dims.length, x.rank());
    Value full =
        x instanceof Known k ? k.reshaped(Emitter.padded(k.dims(), rank)) : emit.computed(x, rank);
    int[] old = full.dims();
    int[] wanted = Fold.broadcast(old, dims);
    for (int size : wanted) {
      if (size > Emitter.MOST_CELLS) {
        throw new LimitException(
            "an axis is repeated to %d cells; at most %d are possible."
                .formatted(size, Emitter.MOST_CELLS));
      }
    }
    Map<Integer, int[]> cells = new HashMap<>();
    for (int axis = 0; axis < rank; axis++) {
      if (old[axis] != wanted[axis]) {
        cells.put(axis, new int[wanted[axis]]);
      }
    }
    return emit.select(full, cells, 0);
  }
}
