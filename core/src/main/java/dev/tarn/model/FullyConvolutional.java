package dev.tarn.model;

import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Softmax;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Turns dense layers into convolutions (Sermanet et al. 2013, "OverFeat", section 3.5; Long,
/// Shelhamer & Darrell 2014, section 3.1).
///
/// A dense layer behind a flatten layer that read `[C, H, W]` is a convolution with H×W filters and
/// no padding; one behind another dense layer a 1×1 convolution. Their weights are the same numbers
/// in the same order.
final class FullyConvolutional implements Rewrite {
  /// Shapes that flattened rows had, by the new node that stands for the row.
  private final Map<Node, Shape> rows = new HashMap<>();

  static Model of(Model model) {
    return Rewrite.apply(model, new FullyConvolutional());
  }

  @Override
  public Node node(Node old, List<Node> inputs) {
    Node x = inputs.isEmpty() ? null : inputs.getFirst();
    Shape row = x == null ? null : rows.get(x);
    return switch (old.layer()) {
      case Flatten flatten when x != null && row == null && isSpatial(old) ->
          flatten(flatten, x, old);
      case Dense dense when x != null && row != null -> dense(dense, x, row, old);
      case Activate activate when x != null && row != null -> same(old, x, row);
      case Dropout dropout when x != null && row != null -> same(old, x, row);
      case Softmax softmax when x != null && row != null -> same(old, x, row);
      default -> {
        for (Node input : inputs) {
          if (rows.containsKey(input)) {
            throw new UnsupportedException(
                "%s: reads what a flatten layer reads or wrote; only dense layers, activations, dropout and softmax behind it can be made convolutional."
                    .formatted(old.describe()));
          }
        }
        yield old.behind(inputs);
      }
    };
  }

  private static boolean isSpatial(Node flatten) {
    return flatten.inputs().getFirst().shape().spatialRank() > 0;
  }

  private Node flatten(Flatten flatten, Node x, Node old) {
    Shape maps = old.inputs().getFirst().shape();
    boolean channelsFirst =
        flatten.order() == Layout.NCHW || maps.positions() == 1 || maps.channels() == 1;
    if (!channelsFirst) {
      throw new UnsupportedException(
          "%s: flattens position by position; needed channel by channel, the order of a convolution's weight. Convert the weights first."
              .formatted(old.describe()));
    }
    return remember(x, maps);
  }

  private Node dense(Dense dense, Node x, Shape row, Node old) {
    int[] kernel = new int[row.spatialRank()];
    for (int axis = 0; axis < kernel.length; axis++) {
      kernel[axis] = row.spatial(axis);
    }
    Layer conv = new Conv(dense.units(), Window.of(kernel), 1, dense.bias(), dense.initializer());
    int[] one = new int[row.rank()];
    Arrays.fill(one, 1);
    one[0] = dense.units();
    return remember(x.then(conv).named(old.name()), Shape.of(one));
  }

  private Node same(Node old, Node x, Shape row) {
    return remember(old.behind(List.of(x)), row);
  }

  private Node remember(Node node, Shape row) {
    rows.put(node, row);
    return node;
  }
}
