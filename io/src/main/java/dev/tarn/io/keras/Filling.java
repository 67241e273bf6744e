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
    @Override
    public void fill(Parameters parameters, Parameter parameter) {
      int[] steps = steps();
      List<Integer> sizes = array.sizes().stream().map(Math::toIntExact).toList();
      float[] into = parameters.array();
      int last = sizes.size() - 1;
      int[] index = new int[sizes.size()];
      int[] to = {parameter.at()};
      array.forEachBlock((values, first, count) -> {
        int step = steps[last];
        for (int i = 0; i < count; ) {
          int run = Math.min(count - i, sizes.get(last) - index[last]);
          int place = to[0];
          for (int k = 0; k < run; k++) {
            into[place] = values[i + k];
            place += step;
          }
          i += run;
          index[last] += run;
          to[0] += run * step;
          for (int axis = last; axis >= 0 && index[axis] == sizes.get(axis); axis--) {
            to[0] -= index[axis] * steps[axis];
            index[axis] = 0;
            if (axis > 0) {
              index[axis - 1]++;
              to[0] += steps[axis - 1];
            }
          }
        }
      });
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
