package dev.tarn.io.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.StoreException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStorageTest {
  private static final int SMALL = 5000;
  private static final int LARGE = 3 << 20;

  @TempDir Path folder;

  private byte[] write(String name, int size) throws IOException {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Files.write(folder.resolve(name), bytes);
    return bytes;
  }

  @Test
  void bytesAreReadAtAnyPlace() throws IOException {
    for (int size : new int[] {0, SMALL, LARGE}) {
      byte[] bytes = write("f", size);
      try (Source source = FileStorage.read(folder.resolve("f"))) {
        byte[] all = new byte[size + 7];
        source.read(0, all, 7, size);
        assertArrayEquals(bytes, Arrays.copyOfRange(all, 7, size + 7));
        byte[] last = new byte[size / 2];
        source.read(size - size / 2, last, 0, size / 2);
        assertArrayEquals(Arrays.copyOfRange(bytes, size - size / 2, size), last);
      }
    }
  }

  @Test
  void anInterruptClosesNothing() throws IOException {
    for (int size : new int[] {SMALL, LARGE}) {
      byte[] bytes = write("f", size);
      Thread.currentThread().interrupt();
      try (Source source = FileStorage.read(folder.resolve("f"))) {
        byte[] all = new byte[size];
        source.read(0, all, 0, size);
        assertArrayEquals(bytes, all);
        assertTrue(Thread.currentThread().isInterrupted());
        source.read(0, all, 0, size);
      } finally {
        Thread.interrupted();
      }
    }
  }

  @Test
  void aFileThatBecomesShorterIsAFaultOfTheDisk() throws IOException {
    for (int size : new int[] {SMALL, LARGE}) {
      write("f", size);
      try (Source source = FileStorage.read(folder.resolve("f"));
          var file = new RandomAccessFile(folder.resolve("f").toFile(), "rw")) {
        file.setLength(SMALL / 2);
        Cursor cursor = Cursor.of(source).seek(size - SMALL / 2, "end");
        assertThrows(StoreException.class, () -> cursor.bytes(SMALL / 2, "field"));
      }
    }
  }
}
