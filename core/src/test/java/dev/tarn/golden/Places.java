package dev.tarn.golden;

import dev.tarn.engine.PoolGeometry;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;

/// Translates the engine's tap numbers into the frameworks' indices and back.
final class Places {
  private Places() {}

  /// Indices in logical order from taps in the geometry's layout.
  ///
  /// @param dialect `plane`, `tensor` or `nhwc`
  static int[] of(PoolGeometry g, Shape output, int[] taps, String dialect) {
    int[] places = new int[taps.length];
    int positions = g.outPositions();
    int planes = g.inPositions();
    for (int n = 0, to = 0; n < output.size(0); n++) {
      for (int c = 0; c < g.channels(); c++) {
        for (int o = 0; o < positions; o++, to++) {
          int tap = taps[from(g, n, c, o)];
          int place = place(g, o, tap);
          places[to] =
              switch (dialect) {
                case "plane" -> place;
                case "tensor" -> (n * g.channels() + c) * planes + place;
                case "nhwc" -> place * g.channels() + c;
                default -> throw new IllegalStateException(dialect);
              };
        }
      }
    }
    return places;
  }

  /// Where the value of a sample, channel and position lies.
  private static int from(PoolGeometry g, int n, int c, int o) {
    int positions = g.outPositions();
    return g.layout() == Layout.NHWC
        ? (n * positions + o) * g.channels() + c
        : (n * g.channels() + c) * positions + o;
  }

  private static int place(PoolGeometry g, int o, int tap) {
    int kw = g.width().kernel();
    int kh = g.height().kernel();
    int x = cell(g.width(), o % g.width().outputs(), tap % kw);
    int y = cell(g.height(), o / g.width().outputs() % g.height().outputs(), tap / kw % kh);
    int z = cell(g.depth(), o / g.width().outputs() / g.height().outputs(), tap / kw / kh);
    return (z * g.height().inputs() + y) * g.width().inputs() + x;
  }

  private static int cell(Spans spans, int o, int tap) {
    return spans.from(o) + (tap - spans.tapFrom(o)) * spans.step();
  }

  /// Taps as one byte each, in the geometry's layout, from indices in logical order.
  static byte[] taps(PoolGeometry g, Shape output, int[] places) {
    byte[] taps = new byte[places.length];
    int positions = g.outPositions();
    for (int i = 0; i < places.length; i++) {
      int o = i % positions;
      int c = i / positions % g.channels();
      int n = i / positions / g.channels();
      int tap = 0;
      while (place(g, o, tap) != places[i]) {
        tap++;
      }
      taps[from(g, n, c, o)] = (byte) tap;
    }
    return taps;
  }
}
