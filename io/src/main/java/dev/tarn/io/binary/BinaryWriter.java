package dev.tarn.io.binary;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes numbers little-endian: the counterpart of [Cursor].
public final class BinaryWriter {
  private static final int CHUNK_BYTES = 1 << 16;

  private final OutputStream out;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  public BinaryWriter(OutputStream out) {
    this.out = out;
  }

  public BinaryWriter u8(int value) throws IOException {
    room(1).put((byte) value);
    return this;
  }

  public BinaryWriter u16(int value) throws IOException {
    room(2).putShort((short) value);
    return this;
  }

  public BinaryWriter u32(long value) throws IOException {
    room(4).putInt((int) value);
    return this;
  }

  public BinaryWriter i64(long value) throws IOException {
    room(8).putLong(value);
    return this;
  }

  public BinaryWriter bytes(byte[] bytes) throws IOException {
    flush();
    out.write(bytes);
    return this;
  }

  public BinaryWriter utf8(String text) throws IOException {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /// All values as float32, bit for bit.
  public BinaryWriter floats(float[] values) throws IOException {
    return floats(values, 0, values.length);
  }

  /// `values[from … from + count)` as float32, bit for bit.
  public BinaryWriter floats(float[] values, int from, int count) throws IOException {
    for (int done = 0; done < count; ) {
      int now = Math.min(room(4).remaining() / 4, count - done);
      chunk.asFloatBuffer().put(values, from + done, now);
      chunk.position(chunk.position() + 4 * now);
      done += now;
    }
    return this;
  }

  public BinaryWriter doubles(double[] values) throws IOException {
    for (double value : values) {
      room(8).putDouble(value);
    }
    return this;
  }

  public BinaryWriter longs(long[] values) throws IOException {
    for (long value : values) {
      room(8).putLong(value);
    }
    return this;
  }

  /// Hands everything written so far to the stream; call it last.
  public void flush() throws IOException {
    out.write(chunk.array(), 0, chunk.position());
    chunk.clear();
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (chunk.remaining() < bytes) {
      flush();
    }
    return chunk;
  }
}
