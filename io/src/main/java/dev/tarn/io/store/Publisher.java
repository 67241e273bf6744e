package dev.tarn.io.store;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Writes one target file so that at every moment, through crashes, full disks and losses of power,
/// the newest complete file is there under its name.
///
/// Each [#publish] writes a sibling `NAME.tmp`, forces it to the disk, reads it back and compares
/// length and CRC32C, and only then gives it the target's name in one atomic step and forces the
/// folder. With [#keepingPrevious] the file it replaces stays as `NAME.previous`, unless that file
/// is damaged: a damaged file never takes the place of a good one. Nothing else is ever left
/// behind.
///
/// While a publisher is open its target is locked: a second one, in this process or another, is
/// refused. Everything it writes is written by a thread of its own that nobody can interrupt.
public final class Publisher implements Closeable {
  private static final String TEMPORARY = ".tmp";
  private static final String PREVIOUS = ".previous";
  private static final String LOCK = ".lock";
  private static final int ATTEMPTS = 3;
  private static final Pattern RESERVED =
      Pattern.compile("(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?|.*[. ]");

  private final Storage storage;
  private final Path target;
  private final Path folder;
  private final @Nullable Completeness completeness;
  private final Closeable lock;
  private @Nullable String tainted;
  private boolean closed;

  private Publisher(
      Storage storage,
      Path target,
      Path folder,
      @Nullable Completeness completeness,
      Closeable lock) {
    this.storage = storage;
    this.target = target;
    this.folder = folder;
    this.completeness = completeness;
    this.lock = lock;
  }

  /// A publisher that keeps nothing but the newest file.
  ///
  /// @throws StoreException if the target cannot be written: found out now, by writing a file
  ///   beside it
  /// @throws ParameterException if the name is not one every system takes
  public static Publisher keepingNewest(Storage storage, Path target) {
    return open(storage, target, null);
  }

  /// A publisher that keeps the file before the newest as [#previous], once `completeness` has
  /// found it sound.
  ///
  /// @throws StoreException if the target cannot be written: found out now, by writing a file
  ///   beside it
  /// @throws ParameterException if the name is not one every system takes
  public static Publisher keepingPrevious(Storage storage, Path target, Completeness completeness) {
    return open(storage, target, completeness);
  }

  /// Writes one file on the real disk, complete or not at all.
  public static void write(Path target, Content content) {
    try (Publisher publisher = keepingNewest(FileStorage.DISK, target)) {
      publisher.publish(content);
    }
  }

  /// Finds out whether a target could be written, and leaves nothing behind.
  ///
  /// @throws StoreException if not: no such folder, no permission, the target is a folder, its name
  ///   is too long, or another process is writing it
  public static void preflight(Storage storage, Path target) {
    keepingNewest(storage, target).close();
  }

  /// Where the file before the newest is kept.
  public static Path previous(Path target) {
    return sibling(target, PREVIOUS);
  }

  private static Publisher open(Storage storage, Path wanted, @Nullable Completeness completeness) {
    Path last = wanted.getFileName();
    String name = last == null ? "" : last.toString();
    if (RESERVED.matcher(name.toLowerCase(Locale.ROOT)).matches() || name.isEmpty()) {
      throw new ParameterException(
          "%s: \"%s\" is not a file name that every system takes (Windows reserves CON, PRN, AUX, NUL, COM0–9, LPT0–9 and names that end in a dot or a space). Choose another name."
              .formatted(quote(wanted.toString()), quote(name)));
    }
    return alone(() -> {
      try {
        Path target = storage.locate(wanted);
        Path folder = target.getParent();
        if (folder == null) {
          throw new FileSystemException(target.toString(), null, "it is in no folder");
        }
        Closeable lock = storage.lock(sibling(target, LOCK));
        var publisher = new Publisher(storage, target, folder, completeness, lock);
        boolean ready = false;
        try {
          publisher.probe();
          ready = true;
          return publisher;
        } finally {
          if (!ready) {
            publisher.close();
          }
        }
      } catch (IOException e) {
        throw fault(wanted, "cannot be written", e, "Nothing was changed. " + advice(e));
      }
    });
  }

  /// The target as an absolute path with links resolved.
  public Path target() {
    return target;
  }

  /// Makes `content` the target's content, on the disk for good when this returns.
  ///
  /// @throws StoreException if that fails three times; the last complete file is untouched then,
  ///   and a later call may succeed. After an [Error] every later call fails, because what produced
  ///   the content is not to be trusted.
  public synchronized void publish(Content content) {
    if (closed || tainted != null) {
      throw new StoreException(
          "%s: not saved: %s. The last complete save is untouched."
              .formatted(
                  quote(target.toString()),
                  closed ? "this publisher is closed" : "an earlier save ended in " + tainted));
    }
    try {
      alone(() -> {
        publishAlone(content);
        return true;
      });
    } catch (Error e) {
      tainted = quote(e.toString()) + ", so the state in memory cannot be trusted; start again";
      throw e;
    }
  }

  /// Lets go of the lock.
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      lock.close();
    } catch (IOException e) {
      // The lock itself went with its channel or goes with the process; only its small file may be
      // left.
      tainted = "a failure to unlock: " + e.getMessage();
    }
  }

  private void publishAlone(Content content) {
    Path temporary = sibling(target, TEMPORARY);
    try {
      retry(() -> writeVerified(temporary, content));
      if (completeness != null && currentIsComplete(completeness)) {
        retry(this::keepCurrent);
      }
      retry(() -> storage.move(temporary, target));
      retry(() -> storage.forceFolder(folder));
    } catch (IOException e) {
      throw withoutLeftovers(
          fault(
              target,
              "could not be written in %d attempts".formatted(ATTEMPTS),
              e,
              "The last complete save is untouched. " + advice(e)));
    } catch (TarnException e) {
      throw withoutLeftovers(e);
    }
  }

  private <E extends RuntimeException> E withoutLeftovers(E fault) {
    for (String ending : new String[] {TEMPORARY, PREVIOUS + TEMPORARY}) {
      try {
        storage.delete(sibling(target, ending));
      } catch (IOException e) {
        fault.addSuppressed(e);
      }
    }
    return fault;
  }

  /// What cannot be read or does not add up is about to be replaced, and the good previous file
  /// stays.
  private boolean currentIsComplete(Completeness check) throws IOException {
    if (!storage.exists(target)) {
      return false;
    }
    try {
      retry(() -> {
        try (var current = storage.open(target)) {
          check.require(current);
        }
      });
      return true;
    } catch (TarnException | IOException e) {
      return false;
    }
  }

  /// The current file gets the previous file's name as well, so that there is no moment without
  /// either.
  private void keepCurrent() throws IOException {
    Path second = sibling(target, PREVIOUS + TEMPORARY);
    storage.delete(second);
    try {
      storage.link(target, second);
    } catch (IOException noLinks) {
      try (var current = storage.open(target)) {
        writeVerified(second, out -> Checksum.copy(current, out));
      } catch (IOException e) {
        e.addSuppressed(noLinks);
        throw e;
      }
    }
    storage.move(second, sibling(target, PREVIOUS));
    // Renaming one name of a file to another of the same file does nothing and leaves both.
    storage.delete(second);
  }

  private void writeVerified(Path file, Content content) throws IOException {
    // A file left by a crash may be a second name of the target: it must be removed, never emptied.
    storage.delete(file);
    var written = new Checksum();
    try (Storage.Output output = storage.create(file)) {
      written.writeThrough(output, content);
      output.force();
    }
    var found = new Checksum();
    try (var source = storage.open(file)) {
      Checksum.copy(source, found.stream());
    }
    if (!found.matches(written)) {
      throw new IOException("read back %s where %s was written".formatted(found, written));
    }
  }

  /// Writes and renames a file as a save would, under the longest name a save uses.
  private void probe() throws IOException {
    Path temporary = sibling(target, TEMPORARY);
    Path longest = sibling(target, PREVIOUS + TEMPORARY);
    try {
      writeVerified(temporary, Content.of(new byte[] {1}));
      storage.move(temporary, longest);
      storage.forceFolder(folder);
    } finally {
      storage.delete(temporary);
      storage.delete(longest);
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private void retry(Step step) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        step.run();
        return;
      } catch (AccessDeniedException | NoSuchFileException | AtomicMoveNotSupportedException e) {
        throw e; // These do not pass.
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        storage.pause(attempt);
      }
    }
  }

  private static Path sibling(Path target, String ending) {
    return target.resolveSibling(target.getFileName() + ending);
  }

  private static StoreException fault(Path path, String what, IOException e, String then) {
    return new StoreException(
        "%s %s: %s. %s".formatted(quote(path.toString()), what, quote(Storage.reason(e)), then), e);
  }

  private static String advice(IOException e) {
    if (e instanceof Storage.LockedException) {
      return "Wait for the other process to end, or choose another file.";
    }
    if (e instanceof AccessDeniedException) {
      return "Give write permission on the folder, or choose another place.";
    }
    return String.valueOf(e.getMessage()).contains("space")
        ? "Free some space, or choose another disk."
        : "Check the path and the disk, or choose another place.";
  }

  /// Runs `work` on a thread that nobody else knows, so that nobody can interrupt it, and waits for
  /// its end whatever happens to the caller, whose own interrupt is kept for later.
  private static <T> T alone(Callable<T> work) {
    var task = new FutureTask<>(work);
    Thread.ofPlatform().name("tarn-store").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Error error -> throw error;
        case RuntimeException fault -> throw fault;
        case null, default -> throw new StoreException("saving failed: " + e.getCause(), e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
