package dev.tarn.io.store;

import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Source;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/// The few things ever done to a disk, one method each, so that a test can let every single one of
/// them fail.
///
/// [FileStorage] does them for real; [Publisher] puts them in the order that loses nothing.
public interface Storage {
  /// The absolute path a target is reached by: its folder exists and is one, and the target itself
  /// is a regular file or nothing. A link to a file is followed, so that the file is replaced and
  /// not the link.
  Path locate(Path target) throws IOException;

  boolean exists(Path file) throws IOException;

  /// Opens a file for reading, as [#open] does.
  ///
  /// @throws StoreException if it cannot be opened
  default Source source(Path file) {
    try {
      return open(file);
    } catch (IOException e) {
      throw new StoreException(
          "%s cannot be read: %s. Check the path."
              .formatted(TarnException.quote(file.toString()), TarnException.quote(reason(e))),
          e);
    }
  }

  /// Why a file system refused, in words.
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException n -> n.getReason() == null ? "there is no such file" : n.getReason();
      case AccessDeniedException a -> "no permission for " + a.getFile();
      case NotDirectoryException d -> d.getFile() + " is not a folder";
      case AtomicMoveNotSupportedException a -> "the file system cannot rename in one step";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  /// Opens a file for reading. It stays readable, unchanged, when another file takes its name.
  Source open(Path file) throws IOException;

  /// A new, empty file; nothing has that name yet.
  Output create(Path file) throws IOException;

  /// Gives a file a second name, which nothing has yet.
  void link(Path file, Path second) throws IOException;

  /// Gives `from` the name `to` in one step that nobody sees half done; a file of that name is
  /// replaced.
  void move(Path from, Path to) throws IOException;

  /// Removes a file if it is there.
  void delete(Path file) throws IOException;

  /// Makes the names in a folder survive a loss of power.
  void forceFolder(Path folder) throws IOException;

  /// Takes the lock that `file` stands for, until closed or until the process ends in whatever way.
  ///
  /// @throws LockedException if a process, this one included, holds it
  Closeable lock(Path file) throws IOException;

  /// Waits a little before attempt number `next`.
  void pause(int next);

  /// A file being written. Not affected by interrupts.
  interface Output extends Closeable {
    void write(byte[] bytes, int from, int count) throws IOException;

    /// Makes what was written survive a loss of power.
    void force() throws IOException;
  }

  /// Somebody has the lock.
  final class LockedException extends IOException {
    private static final long serialVersionUID = 1L;

    /// `owner` says who, as in `pid 4711`.
    public LockedException(String owner) {
      super("locked by " + owner);
    }
  }
}
