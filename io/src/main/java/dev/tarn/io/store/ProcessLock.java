package dev.tarn.io.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An operating-system lock on a small file that names its owner. It ends with the process, so it
/// is never stale.
final class ProcessLock implements Closeable {
  /// What this process holds. POSIX locks belong to the process and are gone as soon as it closes
  /// *any* descriptor of the file, so a second attempt in this process must not even open it: that
  /// knowledge is by nature the process's and is kept here.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final int ATTEMPTS = 20;

  /// Beyond the text, because a locked range cannot be read on Windows.
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private static final int LONGEST_TEXT = 80;

  private final Path file;
  private final FileChannel channel;
  private final FileChannel witness;

  private ProcessLock(Path file, FileChannel channel, FileChannel witness) {
    this.file = file;
    this.channel = channel;
    this.witness = witness;
  }

  static ProcessLock take(Path file) throws IOException {
    if (!HELD.add(file)) {
      throw new Storage.LockedException("pid %d, this process".formatted(pid()));
    }
    boolean taken = false;
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        ProcessLock lock = attempt(file);
        if (lock != null) {
          taken = true;
          return lock;
        }
      }
      throw new Storage.LockedException("others that come and go");
    } finally {
      if (!taken) {
        HELD.remove(file);
      }
    }
  }

  /// Null if the file was removed by its owner between our opening and locking it.
  private static @Nullable ProcessLock attempt(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    FileChannel witness = null;
    boolean taken = false;
    try {
      FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
      if (lock == null) {
        throw new Storage.LockedException(owner(text(channel)));
      }
      String mine = "pid %d %s".formatted(pid(), UUID.randomUUID());
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(mine.getBytes(StandardCharsets.US_ASCII)), 0);
      // Whether the path still leads to the file we locked. The second channel stays open with the
      // lock: see HELD.
      witness = FileChannel.open(file, StandardOpenOption.READ);
      if (!text(witness).equals(mine)) {
        return null;
      }
      taken = true;
      return new ProcessLock(file, channel, witness);
    } catch (NoSuchFileException e) {
      return null;
    } finally {
      if (!taken) {
        channel.close();
        if (witness != null) {
          witness.close();
        }
      }
    }
  }

  private static String owner(String text) {
    String[] words = text.split(" ", 3);
    return words.length > 1 && words[1].matches("[0-9]{1,19}")
        ? "pid " + words[1]
        : "another process";
  }

  private static String text(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LONGEST_TEXT);
    for (int read = 0; read >= 0 && bytes.hasRemaining(); ) {
      read = channel.read(bytes, bytes.position());
    }
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  /// Removes the file while the lock is held, so that no other owner's file is removed; then lets
  /// go.
  @Override
  public void close() throws IOException {
    try (channel;
        witness) {
      Files.deleteIfExists(file);
    } finally {
      HELD.remove(file);
    }
  }
}
