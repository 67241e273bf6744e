package dev.tarn.io.keras;

import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import java.util.ArrayList;
import java.util.List;

/// Where a parameter gets its numbers: from an array whose axes are in another order, or one number
/// for all.
sealed interface Filling {
  void fill(Parameters parameters, Parameter parameter);

  /// @param order which axis of the array each axis of the parameter is; axes of the parameter may
  ///   be split in several of the array
  record FromArray(Hdf5Array array, List<Integer> order) implements Filling {
    /// Numbers are read in the order of the file and each is put in its place, so that no second
    /// copy of large weights is made.
    ///
    /// Neighbours of the file may lie far apart in the parameter (a dense layer's rows are Keras'
    /// columns), so as many rows as are there go together: their numbers for one column share cache
    /// lines, which single rows would fetch again and again.
    @Override
    public void fill(Parameters parameters, Parameter parameter) {
      int[] sizes = array.sizes().stream().mapToInt(Math::toIntExact).toArray();
      var place = new Place(sizes, steps(), parameter.at());
      float[] into = parameters.array();
      int last = sizes.length - 1;
      array.forEachBlock((values, first, count) -> {
        for (int i = 0; i < count; ) {
          if (last > 0 && place.index[last] == 0 && count - i >= sizes[last]) {
            int left = sizes[last - 1] - place.index[last - 1];
            int rows = Math.min((count - i) / sizes[last], left);
            place.put(values, i, rows, sizes[last], into);
            place.advance(last - 1, rows);
            i += rows * sizes[last];
          } else {
            int run = Math.min(count - i, sizes[last] - place.index[last]);
            place.put(values, i, 1, run, into);
            place.advance(last, run);
            i += run;
          }
        }
      });
    }

    /// Where the next number of the array goes.
    private static final class Place {
      private final int[] sizes;
      private final int[] steps;
      private final int[] index;
      private int to;

      Place(int[] sizes, int[] steps, int start) {
        this.sizes = sizes;
        this.steps = steps;
        this.index = new int[sizes.length];
        this.to = start;
      }

      /// Puts rows of numbers, each of so many columns, from here on.
      void put(float[] values, int from, int rows, int columns, float[] into) {
        int down = sizes.length > 1 ? steps[sizes.length - 2] : 0;
        int across = steps[sizes.length - 1];
        if (across == 1) {
          for (int row = 0; row < rows; row++) {
            System.arraycopy(values, from + row * columns, into, to + row * down, columns);
          }
          return;
        }
        for (int column = 0; column < columns; column++) {
          int at = to + column * across;
          for (int row = 0; row < rows; row++) {
            into[at + row * down] = values[from + row * columns + column];
          }
        }
      }

      /// Goes on by `count` along an axis, and along those before it where it is at its end.
      void advance(int axis, int count) {
        index[axis] += count;
        to += count * steps[axis];
        for (int a = axis; a >= 0 && index[a] == sizes[a]; a--) {
          to -= index[a] * steps[a];
          index[a] = 0;
          if (a > 0) {
            index[a - 1]++;
            to += steps[a - 1];
          }
        }
      }
    }

    /// How far apart neighbours on each axis of the array are in the parameter.
    private int[] steps() {
      int[] steps = new int[order.size()];
      int step = 1;
      for (int axis : new ArrayList<>(order).reversed()) {
        steps[axis] = step;
        step *= Math.toIntExact(array.sizes().get(axis));
      }
      return steps;
    }
  }

  record Constant(float value) implements Filling {
    @Override
    public void fill(Parameters parameters, Parameter parameter) {
      java.util.Arrays.fill(
          parameters.array(), parameter.at(), parameter.at() + parameter.size(), value);
    }
  }
}
