package dev.tarn.io.store;

import dev.tarn.io.binary.Source;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32C;

/// Length and CRC32C of bytes that pass by.
final class Checksum {
  private static final int BLOCK_BYTES = 1 << 16;
  private final CRC32C crc = new CRC32C();
  private long length;

  private void add(byte[] bytes, int from, int count) {
    crc.update(bytes, from, count);
    length += count;
  }

  /// A stream that only counts.
  OutputStream stream() {
    return new OutputStream() {
      @Override
      public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int count) {
        add(bytes, from, count);
      }
    };
  }

  /// Writes content to `output` in blocks and counts it.
  void writeThrough(Storage.Output output, Content content) throws IOException {
    OutputStream counting =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int count) throws IOException {
            output.write(bytes, from, count);
            add(bytes, from, count);
          }
        };
    var buffered = new BufferedOutputStream(counting, BLOCK_BYTES);
    content.writeTo(buffered);
    buffered.flush();
  }

  static void copy(Source source, OutputStream out) throws IOException {
    byte[] block = new byte[(int) Math.min(BLOCK_BYTES, source.size())];
    for (long at = 0; at < source.size(); at += block.length) {
      int count = (int) Math.min(block.length, source.size() - at);
      source.read(at, block, 0, count);
      out.write(block, 0, count);
    }
  }

  boolean matches(Checksum other) {
    return length == other.length && crc.getValue() == other.crc.getValue();
  }

  @Override
  public String toString() {
    return "%d bytes with CRC32C %08x".formatted(length, crc.getValue());
  }
}
