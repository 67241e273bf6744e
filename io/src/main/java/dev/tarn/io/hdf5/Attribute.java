package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.util.ArrayList;
import java.util.List;

/// An attribute of a group.
///
/// @param name unique in its group
/// @param where path and name, for messages
/// @param type what one value is, to be read from its beginning
/// @param space how many there are, to be read from its beginning
/// @param data the values
record Attribute(String name, String where, Cursor type, Cursor space, Cursor data) {
  private static final int SHARED_PARTS = 3;

  static Attribute read(Cursor at, String path) {
    int version = at.u8("attribute version");
    if (version < 1 || version > 3) {
      throw at.malformed("attribute version", Integer.toString(version), "1 to 3");
    }
    int flags = at.u8("attribute flags");
    int nameBytes = at.u16("attribute name size");
    int typeBytes = at.u16("attribute datatype size");
    int spaceBytes = at.u16("attribute dataspace size");
    at.skip(version == 3 ? 1 : 0, "character set");
    String name = at.utf8(nameBytes, "attribute name").replaceAll("\0.*", "");
    String where = "%s: attribute \"%s\" of %s".formatted(at.name(), quote(name), quote(path));
    if (version > 1 && (flags & SHARED_PARTS) != 0) {
      throw new UnsupportedException(
          where + " shares its datatype with other objects, which is not supported.");
    }
    at.skip(padding(version, nameBytes), "attribute name");
    Cursor type = at.part(at.position(), typeBytes, "attribute datatype");
    at.skip(typeBytes + padding(version, typeBytes), "attribute datatype");
    Cursor space = at.part(at.position(), spaceBytes, "attribute dataspace");
    at.skip(spaceBytes + padding(version, spaceBytes), "attribute dataspace");
    Cursor data = at.part(at.position(), at.remaining(), "attribute data");
    return new Attribute(name, where, type, space, data);
  }

  /// In version 1 every part takes a multiple of 8 bytes.
  private static long padding(int version, int bytes) {
    return version == 1 ? (8 - bytes % 8) % 8 : 0;
  }

  /// The values as texts.
  List<String> texts(Hdf5File file) {
    Dataspace sizes = Dataspace.read(space.part(0, space.size(), "dataspace"));
    long count = sizes.elements(where);
    if (count == 0) {
      return List.of();
    }
    Datatype kind = Datatype.read(type.part(0, type.size(), "datatype"), where);
    if (kind instanceof Datatype.Numeric) {
      throw new FormatException(where + " holds numbers; expected texts.");
    }
    if (count > data.size() / kind.size()) {
      throw data.malformed(
          "attribute", "%d values".formatted(count), "%d bytes of values".formatted(data.size()));
    }
    Cursor at = data.part(0, data.size(), "attribute data");
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      String text =
          switch (kind) {
            case Datatype.Text(int size) -> {
              file.countText(where, size);
              yield at.utf8(size, where).replaceAll("(?s)\0.*", "");
            }
            case Datatype.HeapText heap -> inHeap(file, at);
            case Datatype.Numeric number -> throw new IllegalStateException("refused above");
          };
      texts.add(text);
    }
    return List.copyOf(texts);
  }

  private String inHeap(Hdf5File file, Cursor at) {
    long length = at.u32("text length");
    long heapAt = at.i64("global heap address");
    int index = at.i32("heap object number");
    if (length == 0) {
      return "";
    }
    file.countText(where, length);
    Cursor object = file.globalHeap(heapAt).objects().get(index);
    if (object == null) {
      throw at.malformed("heap object number", Integer.toString(index), "an object of the heap");
    }
    return object.part(0, length, "text").utf8((int) length, where).replaceAll("(?s)\0.*", "");
  }
}
