package dev.tarn.io.hdf5;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.tensor.Heap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// An array cut into blocks of one size, each of which may be compressed.
///
/// All of it is checked before any is unpacked: each block is there once, none is missing, and the
/// array is not much larger than what is stored.
final class Chunks {
  /// An array may take this much …
  private static final long FREE_BYTES = 64L << 20;

  /// … and this many times what is stored of it.
  private static final long MOST_RATIO = 100;

  private static final int MOST_BLOCK_BYTES = 1 << 28;

  private final String where;
  private final Datatype.Numeric type;
  private final int[] sizes;
  private final int[] block;
  private final Filters filters;
  private final List<Place> places;

  /// @param at first index on each axis
  /// @param skipped filters that were not used
  /// @param stored the bytes in the file
  @SuppressWarnings("ArrayRecordComponent") // never compared, and private
  private record Place(int[] at, int skipped, Cursor stored) {}

  private Chunks(
      String where,
      Datatype.Numeric type,
      int[] sizes,
      int[] block,
      Filters filters,
      List<Place> places) {
    this.where = where;
    this.type = type;
    this.sizes = sizes;
    this.block = block;
    this.filters = filters;
    this.places = places;
  }

  static Chunks read(
      Hdf5File file, String where, Cursor layout, ObjectHeader header, Hdf5Array array) {
    int axes = layout.u8("number of axes") - 1;
    if (axes != array.sizes().size() || axes < 1) {
      throw layout.malformed(
          "number of axes", Integer.toString(axes), Integer.toString(array.sizes().size()));
    }
    long treeAt = layout.i64("address of chunks");
    int[] sizes = new int[axes];
    int[] block = new int[axes];
    long expected = 1;
    long blockElements = 1;
    for (int axis = 0; axis < axes; axis++) {
      long side = layout.u32("chunk size");
      long size = array.sizes().get(axis);
      if (side == 0 || size == 0 || size > Integer.MAX_VALUE) {
        throw layout.malformed("chunk size", side + " of " + size, "at least 1 of at least 1");
      }
      block[axis] = (int) Math.min(side, Integer.MAX_VALUE);
      sizes[axis] = (int) size;
      expected = saturated(expected, (size - 1) / side + 1);
      blockElements = saturated(blockElements, side);
    }
    long bytes = saturated(blockElements, array.type().size());
    if (bytes > MOST_BLOCK_BYTES) {
      throw layout.tooMuch("chunk", bytes, MOST_BLOCK_BYTES, "bytes");
    }
    Filters filters = Filters.read(header, where);
    List<Place> places =
        places(file, treeAt, new Grid(where, sizes, block, Math.min(expected, file.size())));
    if (places.size() != expected) {
      throw new FormatException(
          "%s %s has %d chunks; expected %d: its values were not all written."
              .formatted(where, array.sizes(), places.size(), expected));
    }
    long stored = places.stream().mapToLong(p -> p.stored().size()).sum();
    if (saturated(array.elements(), array.type().size()) > FREE_BYTES + MOST_RATIO * stored) {
      throw new LimitException(
          "%s %s has %d values, but only %d bytes of them are stored; at most %d times as much and 64 MiB are unpacked."
              .formatted(where, array.sizes(), array.elements(), stored, MOST_RATIO));
    }
    return new Chunks(where, array.type(), sizes, block, filters, places);
  }

  private static long saturated(long a, long b) {
    return a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
  }

  /// @param most chunks that there can be
  @SuppressWarnings("ArrayRecordComponent") // never compared, and private
  private record Grid(String where, int[] sizes, int[] block, long most) {}

  private static List<Place> places(Hdf5File file, long treeAt, Grid grid) {
    record Open(long at, int level) {}
    List<Place> places = new ArrayList<>();
    if (treeAt == Hdf5File.UNDEFINED) {
      return places;
    }
    int axes = grid.sizes().length;
    Deque<Open> open = new ArrayDeque<>(List.of(new Open(treeAt, -1)));
    Set<Long> visited = new HashSet<>();
    Set<List<Integer>> taken = new HashSet<>();
    while (!open.isEmpty()) {
      Open next = open.pop();
      if (!visited.add(next.at())) {
        throw new FormatException(
            "%s: the tree of its chunks leads to address %d twice; expected each node once."
                .formatted(grid.where(), next.at()));
      }
      BTreeNode node =
          BTreeNode.read(file, next.at(), BTreeNode.CHUNKS, next.level(), 8 + 8 * (axes + 1));
      for (BTreeNode.Entry entry : node.entries()) {
        if (node.level() > 0) {
          open.push(new Open(entry.child(), node.level()));
          continue;
        }
        long bytes = entry.key().u32("chunk bytes");
        int skipped = entry.key().i32("filter mask");
        int[] at = new int[axes];
        List<Integer> key = new ArrayList<>();
        for (int axis = 0; axis < axes; axis++) {
          long start = entry.key().u63("chunk offset");
          if (start >= grid.sizes()[axis] || start % grid.block()[axis] != 0) {
            throw entry
                .key()
                .malformed(
                    "chunk offset",
                    Long.toString(start),
                    "a multiple of %d below %d".formatted(grid.block()[axis], grid.sizes()[axis]));
          }
          at[axis] = (int) start;
          key.add(at[axis]);
        }
        if (!taken.add(key) || places.size() >= grid.most()) {
          throw new FormatException(
              "%s: the chunk at %s is there twice; expected each once."
                  .formatted(grid.where(), key));
        }
        places.add(new Place(at, skipped, file.part(entry.child(), bytes, "chunk")));
      }
    }
    return places;
  }

  /// All values in their order.
  float[] floats() {
    long count = 1;
    int blockCount = 1;
    for (int axis = 0; axis < sizes.length; axis++) {
      count *= sizes[axis];
      blockCount *= block[axis];
    }
    if (count > dev.tarn.tensor.Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "%s has %d values; at most %d are read."
              .formatted(where, count, dev.tarn.tensor.Shape.MOST_ELEMENTS));
    }
    float[] all = Heap.floats((int) count, where);
    float[] values = new float[blockCount];
    for (Place place : places) {
      byte[] bytes =
          filters.decode(place.stored(), place.skipped(), blockCount * type.size(), where);
      Cursor at = Cursor.of(where, bytes).order(type.order());
      type.type().floats(at, values, where);
      copy(values, place.at(), all);
    }
    return all;
  }

  /// Row by row along the last axis; what hangs over the array's edge is left out.
  private void copy(float[] values, int[] start, float[] all) {
    int last = sizes.length - 1;
    int length = Math.min(block[last], sizes[last] - start[last]);
    int[] index = new int[sizes.length];
    while (true) {
      int from = 0;
      long to = 0;
      boolean inside = true;
      for (int axis = 0; axis <= last; axis++) {
        from = from * block[axis] + index[axis];
        to = to * sizes[axis] + start[axis] + index[axis];
        inside &= start[axis] + index[axis] < sizes[axis];
      }
      if (inside) {
        System.arraycopy(values, from, all, (int) to, length);
      }
      int axis = last - 1;
      while (axis >= 0 && ++index[axis] == block[axis]) {
        index[axis--] = 0;
      }
      if (axis < 0) {
        return;
      }
    }
  }
}
