package dev.tarn.plan;

import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.Taps;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Heap;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import java.util.Arrays;

/// Translates between the engine's places of extrema, which count the taps of a window, and
/// [Indices], which count the cells of a plane; checks every index on the way in.
final class PoolIndices {
  private PoolIndices() {}

  /// Memory for the places of all of an output's values.
  static byte[] room(PoolGeometry geometry, Shape output) {
    long bytes = output.elements() * geometry.argmaxBytes();
    if (bytes > Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "the places of %s extrema take %d bytes; at most %d are possible. Use a smaller batch."
              .formatted(output, bytes, Shape.MOST_ELEMENTS));
    }
    return Heap.bytes((int) bytes, "pooling: the array of places");
  }

  /// Indices in logical order from the places the engine wrote.
  static Indices indices(PoolGeometry g, Shape output, byte[] places) {
    var taps = new Taps(g);
    int[] indices = new int[output.arraySize()];
    int at = 0;
    for (int n = 0; n < output.size(0); n++) {
      for (int c = 0; c < g.channels(); c++) {
        for (int oz = 0; oz < g.depth().outputs(); oz++) {
          for (int oy = 0; oy < g.height().outputs(); oy++) {
            for (int ox = 0; ox < g.width().outputs(); ox++) {
              int tap = taps.get(places, 0, element(g, n, c, oz, oy, ox));
              indices[at++] = taps.origin(oz, oy, ox) + taps.offset(tap);
            }
          }
        }
      }
    }
    return new Indices(output, indices);
  }

  /// The engine's places from indices in logical order.
  ///
  /// @throws ParameterException at the first index outside its plane or its window
  static byte[] places(String where, PoolGeometry g, Indices indices) {
    var taps = new Taps(g);
    byte[] places = room(g, indices.shape());
    int[] array = indices.array();
    int at = 0;
    for (int n = 0; n < indices.shape().size(0); n++) {
      for (int c = 0; c < g.channels(); c++) {
        for (int oz = 0; oz < g.depth().outputs(); oz++) {
          for (int oy = 0; oy < g.height().outputs(); oy++) {
            for (int ox = 0; ox < g.width().outputs(); ox++, at++) {
              int tap = tap(g, array[at], oz, oy, ox);
              if (tap < 0) {
                throw outside(where, g, indices, at, oz, oy, ox);
              }
              taps.put(places, 0, element(g, n, c, oz, oy, ox), tap);
            }
          }
        }
      }
    }
    return places;
  }

  private static int element(PoolGeometry g, int n, int c, int oz, int oy, int ox) {
    int o = (oz * g.height().outputs() + oy) * g.width().outputs() + ox;
    return n * g.outSize() + o * g.pixel() + c * g.outChannel();
  }

  /// The tap that falls on cell `index`, −1 if none does.
  private static int tap(PoolGeometry g, int index, int oz, int oy, int ox) {
    if (index < 0 || index >= g.inPositions()) {
      return -1;
    }
    int kx = tap(g.width(), ox, index % g.width().inputs());
    int ky = tap(g.height(), oy, index / g.width().inputs() % g.height().inputs());
    int kz = tap(g.depth(), oz, index / g.width().inputs() / g.height().inputs());
    if (kx < 0 || ky < 0 || kz < 0) {
      return -1;
    }
    return (kz * g.height().kernel() + ky) * g.width().kernel() + kx;
  }

  private static int tap(Spans spans, int o, int cell) {
    int distance = cell - spans.from(o);
    int tap = distance / spans.step();
    boolean taken = distance >= 0 && distance % spans.step() == 0 && tap < spans.taps(o);
    return taken ? spans.tapFrom(o) + tap : -1;
  }

  private static ParameterException outside(
      String where, PoolGeometry g, Indices indices, int at, int oz, int oy, int ox) {
    int index = indices.array()[at];
    String position = Arrays.toString(position(indices.shape(), at));
    if (index < 0 || index >= g.inPositions()) {
      return new ParameterException(
          "%s: the index at %s is %d; needed one of its plane, in [0, %d). Use the indices of the forward pass."
              .formatted(where, position, index, g.inPositions()));
    }
    int rank = indices.shape().rank();
    String window =
        (rank > 4 ? describe("depth", g.depth(), oz) + ", " : "")
            + (rank > 3 ? describe("rows", g.height(), oy) + ", " : "")
            + describe("columns", g.width(), ox);
    return new ParameterException(
        "%s: the index at %s is %d, which its window does not take; needed a cell of %s, in [0, %d). Use the indices of the forward pass."
            .formatted(where, position, index, window, g.inPositions()));
  }

  private static String describe(String axis, Spans spans, int o) {
    int last = spans.from(o) + (spans.taps(o) - 1) * spans.step();
    String text = "%s %d to %d".formatted(axis, spans.from(o), last);
    return spans.step() == 1 ? text : text + " by %d".formatted(spans.step());
  }

  private static int[] position(Shape shape, int at) {
    int[] position = new int[shape.rank()];
    int rest = at;
    for (int axis = position.length - 1; axis >= 0; axis--) {
      position[axis] = rest % shape.size(axis);
      rest /= shape.size(axis);
    }
    return position;
  }
}
