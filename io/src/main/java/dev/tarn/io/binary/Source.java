package dev.tarn.io.binary;

import java.io.Closeable;
import java.io.IOException;
import java.util.Objects;

/// Bytes that can be read at any place: a file, a part of one, or an array.
public interface Source extends Closeable {
  /// What messages call it, usually the path.
  String name();

  /// How many bytes there are.
  long size();

  /// Reads exactly `count` bytes that start at byte `at` into `into[from…]`.
  ///
  /// The caller has checked that they lie inside [#size].
  void read(long at, byte[] into, int from, int count) throws IOException;

  @Override
  void close() throws IOException;

  /// An array as a source; it is not copied.
  static Source of(String name, byte[] bytes) {
    return new Source() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long at, byte[] into, int from, int count) {
        int start = (int) Objects.checkFromIndexSize(at, count, bytes.length);
        System.arraycopy(bytes, start, into, from, count);
      }

      @Override
      public void close() {}
    };
  }
}
