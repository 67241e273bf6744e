package dev.tarn.io.keras;

import dev.tarn.layer.Transpose;
import dev.tarn.model.Node;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// A result on its way through the network.
///
/// Tarn's first axis of a sample is channels. Where Keras has channels last, its axes `[height,
/// width, channels]` are Tarn's `[channels, height, width]`; elsewhere they are the same.
///
/// @param node what computes it
/// @param axes which of the two; of one axis both are true
record Value(Node node, Layout axes) {
  /// The same with Keras' last axis as channels.
  Value channelsLast() {
    return axes == Layout.NHWC || node.shape().rank() < 2
        ? new Value(node, Layout.NHWC)
        : new Value(turned(-1), Layout.NHWC);
  }

  /// The same with Keras' first axis as channels.
  Value channelsFirst() {
    return axes == Layout.NCHW || node.shape().rank() < 2
        ? new Value(node, Layout.NCHW)
        : new Value(turned(1), Layout.NCHW);
  }

  Value in(Layout wanted) {
    return wanted == Layout.NHWC ? channelsLast() : channelsFirst();
  }

  private Node turned(int by) {
    int rank = node.shape().rank();
    List<Integer> order = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      order.add(Math.floorMod(axis + by, rank));
    }
    return node.then(new Transpose(order));
  }

  /// Sizes as Keras has them, without the batch.
  int[] kerasSizes() {
    Shape shape = node.shape();
    int rank = shape.rank();
    int[] sizes = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      sizes[axis] = shape.size(axes == Layout.NHWC ? (axis + 1) % rank : axis);
    }
    return sizes;
  }

  /// A shape of Keras' sizes.
  static Shape shape(int[] sizes, Layout axes) {
    int rank = sizes.length;
    int[] ours = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      ours[axis] = sizes[axes == Layout.NHWC ? (axis + rank - 1) % rank : axis];
    }
    return Shape.of(ours);
  }
}
