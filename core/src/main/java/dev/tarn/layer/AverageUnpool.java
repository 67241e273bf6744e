package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Spreads every value evenly over the region that average pooling took it from; a cell of several
/// regions gets their mean.
///
/// Average pooling without overlap gives the values back.
///
/// @param regions the regions of the pooling this undoes
/// @param sizes spatial sizes of the output
public record AverageUnpool(Regions regions, List<Integer> sizes) implements Layer {
  public AverageUnpool {
    sizes = List.copyOf(sizes);
    Window.requireAtLeast("output size", 1, sizes);
  }

  /// The regions of the output, resolved per axis.
  public List<Spans> spans() {
    List<Spans> spans = new ArrayList<>();
    for (int axis = 0; axis < sizes.size(); axis++) {
      spans.add(regions.spans(axis, sizes.size(), sizes.get(axis)));
    }
    return List.copyOf(spans);
  }

  @Override
  public String kind() {
    return "unpool";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    int[] output = input.toArray();
    List<Spans> spans = spans();
    if (spans.size() != input.spatialRank()) {
      throw new ShapeException(
          "output sizes %s do not fit input %s; needed %d numbers."
              .formatted(sizes, input, input.spatialRank()));
    }
    for (int axis = 0; axis < spans.size(); axis++) {
      if (spans.get(axis).outputs() != input.spatial(axis)) {
        throw new ShapeException(
            "input %s has size %d on spatial axis %d; pooling an output of %d gives %d."
                .formatted(
                    input, input.spatial(axis), axis, sizes.get(axis), spans.get(axis).outputs()));
      }
      output[axis + 1] = sizes.get(axis);
    }
    return Shape.of(output);
  }
}
