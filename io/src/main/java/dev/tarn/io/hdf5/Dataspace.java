package dev.tarn.io.hdf5;

import dev.tarn.error.LimitException;
import dev.tarn.io.binary.Cursor;
import java.util.ArrayList;
import java.util.List;

/// The sizes of an array.
///
/// @param sizes per axis; none for a single value
record Dataspace(List<Long> sizes) {
  private static final int MOST_AXES = 8;

  Dataspace {
    sizes = List.copyOf(sizes);
  }

  static Dataspace read(Cursor at) {
    int version = at.u8("dataspace version");
    int axes = at.u8("number of axes");
    if (version < 1 || version > 2 || axes > MOST_AXES) {
      throw at.malformed(
          "dataspace",
          "version %d with %d axes".formatted(version, axes),
          "version 1 or 2 with at most %d axes".formatted(MOST_AXES));
    }
    at.skip(1, "dataspace flags");
    at.skip(version == 1 ? 5 : 1, "reserved");
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      sizes.add(at.u63("size of axis %d".formatted(axis)));
    }
    return new Dataspace(sizes);
  }

  /// The product of the sizes.
  ///
  /// @throws LimitException if it does not fit in 63 bits
  long elements(String where) {
    if (sizes.contains(0L)) {
      return 0;
    }
    long product = 1;
    for (long size : sizes) {
      if (product > Long.MAX_VALUE / size) {
        throw new LimitException(
            "%s: sizes %s make more values than can be counted.".formatted(where, sizes));
      }
      product *= size;
    }
    return product;
  }
}
