package dev.tarn.io.hdf5;

import dev.tarn.io.binary.Cursor;
import java.util.ArrayList;
import java.util.List;

/// A node of a B-tree of version 1.
///
/// @param level 0 above what the tree finds, rising toward the root
/// @param entries keys and what they lead to
record BTreeNode(int level, List<Entry> entries) {
  static final int GROUP = 0;
  static final int CHUNKS = 1;

  private static final int ANY = -1;
  private static final int HEADER_BYTES = 24;

  /// @param key the bytes of the key before the child
  /// @param child an address
  record Entry(Cursor key, long child) {}

  /// Reads a node.
  ///
  /// @param kind [#GROUP] or [#CHUNKS]
  /// @param above level of the node this one was found in, −1 for the root: levels fall, so that a
  ///   tree has an end
  static BTreeNode read(Hdf5File file, long at, int kind, int above, int keyBytes) {
    Cursor node = file.part(at, HEADER_BYTES, "tree node");
    file.requireTag(node, "TREE");
    int found = node.u8("kind of tree");
    int level = node.u8("tree level");
    int count = node.u16("tree entries");
    if (found != kind || (above != ANY && level != above - 1)) {
      throw node.malformed(
          "tree node",
          "of kind %d, level %d".formatted(found, level),
          "kind %d, one level below %d".formatted(kind, above));
    }
    Cursor rest = file.part(at + HEADER_BYTES, (long) count * (keyBytes + 8), "tree entries");
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Cursor key = rest.part(rest.position(), keyBytes, "tree key");
      rest.skip(keyBytes, "tree key");
      entries.add(new Entry(key, rest.u63("tree child")));
    }
    return new BTreeNode(level, entries);
  }
}
