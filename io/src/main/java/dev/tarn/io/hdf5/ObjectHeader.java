package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a file says about one object, message by message.
///
/// @param messages in their order
record ObjectHeader(List<Message> messages) {
  static final int DATASPACE = 1;
  static final int LINK_INFO = 2;
  static final int DATATYPE = 3;
  static final int LINK = 6;
  static final int EXTERNAL_FILES = 7;
  static final int LAYOUT = 8;
  static final int FILTERS = 11;
  static final int ATTRIBUTE = 12;
  static final int SYMBOL_TABLE = 17;
  static final int ATTRIBUTE_INFO = 21;

  private static final int PREFIX_BYTES = 16;
  private static final int CONTINUATION = 16;
  private static final int VERSION_2 = 'O';
  private static final int SHARED = 2;

  ObjectHeader {
    messages = List.copyOf(messages);
  }

  /// @param type which of the constants, or another
  /// @param shared whether the data only say where the message is
  /// @param data the message itself; its position is nobody's, so take a part
  record Message(int type, boolean shared, Cursor data) {
    /// The data from their first byte.
    Cursor open() {
      return data.part(0, data.size(), "message");
    }
  }

  /// Reads the header at an address. Blocks are visited once each, so continuations cannot go round
  /// in circles.
  static ObjectHeader read(Hdf5File file, long at, String path) {
    Cursor header = file.part(at, PREFIX_BYTES, "object header of " + path);
    int version = header.u8("object header version");
    if (version == VERSION_2) {
      throw new UnsupportedException(
          "%s: %s has an object header of version 2, which is not supported; version 1 is. Write the file without libver=\"latest\" and without tracked order."
              .formatted(file.name(), quote(path)));
    }
    if (version != 1) {
      throw header.malformed("object header version", Integer.toString(version), "1");
    }
    header.skip(1, "reserved");
    int count = header.u16("number of messages");
    header.skip(4, "reference count");
    long bytes = header.u32("object header size");
    header.skip(4, "padding");
    List<Message> messages = new ArrayList<>();
    Deque<Cursor> blocks = new ArrayDeque<>();
    Set<Long> visited = new HashSet<>(Set.of(at));
    blocks.add(file.part(at + PREFIX_BYTES, bytes, "object header of " + path));
    while (!blocks.isEmpty() && messages.size() < count) {
      Cursor block = blocks.removeFirst();
      while (block.remaining() >= 8 && messages.size() < count) {
        int type = block.u16("message type");
        int size = block.u16("message size");
        boolean shared = (block.u8("message flags") & SHARED) != 0;
        block.skip(3, "reserved");
        Cursor data = block.part(block.position(), size, "message");
        block.skip(size, "message");
        messages.add(new Message(type, shared, data));
        if (type == CONTINUATION) {
          long next = data.u63("continuation address");
          long length = data.u63("continuation length");
          if (!visited.add(next)) {
            throw data.malformed(
                "continuation address", next + " a second time", "each block once");
          }
          blocks.add(file.part(next, length, "continuation of " + path));
        }
      }
    }
    if (messages.size() < count) {
      throw new FormatException(
          "%s: %s has %d messages; its header promises %d."
              .formatted(file.name(), quote(path), messages.size(), count));
    }
    return new ObjectHeader(messages);
  }

  /// The first message of a type.
  Optional<Message> first(int type) {
    return messages.stream().filter(m -> m.type() == type).findFirst();
  }

  /// The only message of a type, which must be there and not elsewhere.
  Cursor only(int type, String what, Hdf5File file, String path) {
    Message message =
        first(type)
            .orElseThrow(() ->
                new FormatException(
                    "%s: %s has no %s; expected an array."
                        .formatted(file.name(), quote(path), what)));
    if (message.shared()) {
      throw new UnsupportedException(
          "%s: %s shares its %s with other objects, which is not supported."
              .formatted(file.name(), quote(path), what));
    }
    return message.open();
  }
}
