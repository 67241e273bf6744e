package dev.tarn.io.store;

import java.io.IOException;
import java.io.OutputStream;

/// What a file shall hold. It may be asked for more than once and gives the same bytes each time.
@FunctionalInterface
public interface Content {
  void writeTo(OutputStream out) throws IOException;

  static Content of(byte[] bytes) {
    return out -> out.write(bytes);
  }
}
