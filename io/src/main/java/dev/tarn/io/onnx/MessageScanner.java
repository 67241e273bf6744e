package dev.tarn.io.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.onnx.ModelProto;
import dev.tarn.onnx.TensorProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one protobuf message through the bounds-checked cursor before the protobuf library sees a
/// byte of it.
///
/// What passes is a copy that holds known fields with the right wire types alone, none of the
/// singular messages twice, nothing deeper than [#DEEPEST]; so neither nesting nor unknown or
/// repeated fields can cost the library more than time linear in the file. Long raw data is not
/// copied: the copy says where it lies in the file, so that weights are read once, to where they
/// are needed. Everything here is a loop over an explicit stack.
final class MessageScanner {
  /// Messages in messages that are read.
  static final int DEEPEST = 64;

  /// The largest file that a protobuf message may be.
  static final long LARGEST_FILE = Integer.MAX_VALUE;

  /// Raw data up to this size is copied; beyond, it stays in the file.
  static final int INLINE_BYTES = 4096;

  private static final int LONGEST_TEXT = 1 << 16;
  private static final int FIRST_OWN_FIELD = TensorProto.RAW_AT_FIELD_NUMBER;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int LEAST_BUFFER = 256;
  private static final int MOST_MESSAGES = 2_000_000;

  private final Cursor cursor;
  private final Deque<Open> open = new ArrayDeque<>();
  private int messages;

  private MessageScanner(Cursor cursor) {
    this.cursor = cursor;
  }

  /// A message whose end has not been reached.
  private static final class Open {
    final Descriptor type;
    final int number;
    final long end;
    final ByteString.Output bytes = ByteString.newOutput();
    final CodedOutputStream out = CodedOutputStream.newInstance(bytes, LEAST_BUFFER);
    final Set<Integer> seen = new HashSet<>();

    Open(Descriptor type, int number, long end) {
      this.type = type;
      this.number = number;
      this.end = end;
    }
  }

  /// A model.
  ///
  /// @throws FormatException if anything in the file does not fit
  static ModelProto model(Cursor cursor) {
    try {
      return ModelProto.parseFrom(new MessageScanner(cursor).scan(ModelProto.getDescriptor()));
    } catch (InvalidProtocolBufferException e) {
      throw malformed(cursor, e);
    }
  }

  /// A tensor that is a file of its own.
  static TensorProto tensor(Cursor cursor) {
    try {
      return TensorProto.parseFrom(new MessageScanner(cursor).scan(TensorProto.getDescriptor()));
    } catch (InvalidProtocolBufferException e) {
      throw malformed(cursor, e);
    }
  }

  private static FormatException malformed(Cursor cursor, InvalidProtocolBufferException e) {
    return new FormatException(
        "%s: a field is malformed: %s It is damaged."
            .formatted(cursor.name(), TarnException.quote(String.valueOf(e.getMessage()))),
        e);
  }

  private ByteString scan(Descriptor root) {
    if (cursor.size() > LARGEST_FILE) {
      throw new LimitException(
          "%s: the file has %d bytes; at most %d are possible. Store weights as external data."
              .formatted(cursor.name(), cursor.size(), LARGEST_FILE));
    }
    try {
      open.push(new Open(root, 0, cursor.size()));
      while (true) {
        Open message = open.element();
        if (cursor.position() < message.end) {
          field(message);
          continue;
        }
        open.pop();
        message.out.flush();
        ByteString bytes = message.bytes.toByteString();
        Open parent = open.peek();
        if (parent == null) {
          return bytes;
        }
        parent.out.writeBytes(message.number, bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // only memory is written
    }
  }

  private void field(Open message) throws IOException {
    long tag = varint(message, "tag");
    int number = (int) (tag >>> 3);
    int wire = (int) (tag & 7);
    if (tag > 0xffffffffL || number == 0) {
      throw cursor.malformed("tag", Long.toUnsignedString(tag), "a field number and a wire type");
    }
    FieldDescriptor field =
        number >= FIRST_OWN_FIELD ? null : message.type.findFieldByNumber(number);
    if (field == null) {
      skip(message, number, wire);
      return;
    }
    String name = message.type.getName() + "." + field.getName();
    int wanted = field.getLiteType().getWireType();
    boolean packed = field.isPackable() && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    if (wire != wanted && !packed) {
      throw cursor.malformed(name, "of wire type " + wire, "wire type " + wanted);
    }
    switch (wire) {
      case WireFormat.WIRETYPE_VARINT -> {
        message.out.writeTag(number, wire);
        message.out.writeUInt64NoTag(varint(message, name));
      }
      case WireFormat.WIRETYPE_FIXED32 -> {
        require(message, 4, name);
        message.out.writeFixed32(number, cursor.i32(name));
      }
      case WireFormat.WIRETYPE_FIXED64 -> {
        require(message, 8, name);
        message.out.writeFixed64(number, cursor.i64(name));
      }
      default -> delimited(message, field, name);
    }
  }

  private void delimited(Open message, FieldDescriptor field, String name) throws IOException {
    long length = varint(message, name + " length");
    require(message, length, name);
    int number = field.getNumber();
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      if (!field.isRepeated() && !message.seen.add(number)) {
        throw cursor.malformed(name, "there twice", "it once");
      }
      if (++messages > MOST_MESSAGES) {
        throw cursor.tooMuch("the number of messages", messages, MOST_MESSAGES, "messages");
      }
      if (open.size() >= DEEPEST) {
        throw cursor.malformed(name, "nested " + DEEPEST + " messages deep", "less");
      }
      open.push(new Open(field.getMessageType(), number, cursor.position() + length));
      return;
    }
    boolean raw = field.getNumber() == TensorProto.RAW_DATA_FIELD_NUMBER && isTensor(message);
    if (raw && !message.seen.add(number)) {
      throw cursor.malformed(name, "there twice", "it once");
    }
    if (raw && length > INLINE_BYTES) {
      message.out.writeInt64(TensorProto.RAW_AT_FIELD_NUMBER, cursor.position());
      message.out.writeInt64(TensorProto.RAW_LENGTH_FIELD_NUMBER, length);
      cursor.skip(length, name);
      return;
    }
    if (field.getType() == FieldDescriptor.Type.STRING && length > LONGEST_TEXT) {
      throw cursor.tooMuch(name, length, LONGEST_TEXT, "bytes");
    }
    message.out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    message.out.writeUInt64NoTag(length);
    byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, length)];
    for (long left = length; left > 0; left -= chunk.length) {
      int count = (int) Math.min(chunk.length, left);
      cursor.bytes(chunk, 0, count, name);
      message.out.writeRawBytes(chunk, 0, count);
    }
  }

  private static boolean isTensor(Open message) {
    return message.type.equals(TensorProto.getDescriptor());
  }

  /// Passes a field that is not known; of groups, all that is in them.
  private void skip(Open message, int number, int wire) {
    String name = message.type.getName() + "." + number;
    Deque<Integer> groups = new ArrayDeque<>();
    @Nullable Integer group = null;
    int field = number;
    int kind = wire;
    while (true) {
      switch (kind) {
        case WireFormat.WIRETYPE_VARINT -> varint(message, name);
        case WireFormat.WIRETYPE_FIXED64 -> pass(message, 8, name);
        case WireFormat.WIRETYPE_FIXED32 -> pass(message, 4, name);
        case WireFormat.WIRETYPE_LENGTH_DELIMITED -> pass(message, varint(message, name), name);
        case WireFormat.WIRETYPE_START_GROUP -> {
          if (groups.size() + open.size() >= DEEPEST) {
            throw cursor.malformed(name, "nested " + DEEPEST + " groups deep", "less");
          }
          groups.push(field);
        }
        case WireFormat.WIRETYPE_END_GROUP -> {
          group = groups.poll();
          if (group == null || group != field) {
            throw cursor.malformed(name, "the end of a group that did not begin", "a field");
          }
        }
        default -> throw cursor.malformed(name, "of wire type " + kind, "0, 1, 2, 3, 4 or 5");
      }
      if (groups.isEmpty()) {
        return;
      }
      long tag = varint(message, name);
      field = (int) (tag >>> 3);
      kind = (int) (tag & 7);
    }
  }

  private void pass(Open message, long bytes, String name) {
    require(message, bytes, name);
    cursor.skip(bytes, name);
  }

  private void require(Open message, long bytes, String name) {
    long left = message.end - cursor.position();
    if (bytes < 0 || bytes > left) {
      throw cursor.malformed(
          name,
          Long.toUnsignedString(bytes) + " bytes long",
          "at most %d, what its message has left".formatted(left));
    }
  }

  /// A number of 7 bits per byte, lowest first, at most 10 bytes.
  private long varint(Open message, String name) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      require(message, 1, name);
      int next = cursor.u8(name);
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        if (shift == 63 && next > 1) {
          break;
        }
        return value;
      }
    }
    throw cursor.malformed(name, "a number of more than 64 bits", "at most 10 bytes");
  }
}
