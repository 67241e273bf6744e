package dev.tarn.io.hdf5;

import dev.tarn.io.binary.Cursor;
import java.util.HashMap;
import java.util.Map;

/// A collection of byte strings that are kept apart from what refers to them.
///
/// @param objects each by its number
record GlobalHeap(Map<Integer, Cursor> objects) {
  private static final int HEADER_BYTES = 16;

  static GlobalHeap read(Hdf5File file, long at) {
    Cursor heap = file.part(at, HEADER_BYTES, "global heap");
    file.requireTag(heap, "GCOL");
    int version = heap.u8("global heap version");
    if (version != 1) {
      throw heap.malformed("global heap version", Integer.toString(version), "1");
    }
    heap.skip(3, "reserved");
    long size = heap.u63("global heap size");
    Cursor all = file.part(at, size, "global heap");
    all.seek(HEADER_BYTES, "global heap size");
    Map<Integer, Cursor> objects = new HashMap<>();
    while (all.remaining() >= HEADER_BYTES) {
      int index = all.u16("heap object number");
      all.skip(6, "reference count");
      long bytes = all.u63("heap object size");
      if (index == 0) {
        break;
      }
      Cursor object = all.part(all.position(), bytes, "heap object");
      if (objects.put(index, object) != null) {
        throw all.malformed("heap object number", index + " a second time", "each number once");
      }
      all.skip(Math.min((bytes + 7) / 8 * 8, all.remaining()), "heap object");
    }
    return new GlobalHeap(objects);
  }
}
