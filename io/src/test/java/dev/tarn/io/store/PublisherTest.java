package dev.tarn.io.store;

import static dev.tarn.io.Faults.assertFault;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Saving on the real disk, and what refuses it before anything was trained in vain.
class PublisherTest {
  @TempDir private Path folder;

  private static final Storage DISK = FileStorage.DISK;

  static Content text(String text) {
    return Content.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  static void complete(Source source) {
    try {
      byte[] bytes = new byte[(int) source.size()];
      source.read(0, bytes, 0, bytes.length);
      if (!new String(bytes, StandardCharsets.UTF_8).startsWith("good")) {
        throw new FormatException(source.name() + " is damaged");
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String read(Path target) {
    return Newest.read(
            DISK,
            target,
            source -> {
              complete(source);
              return source.name();
            })
        .value();
  }

  @Test
  void the_newest_two_are_kept_and_nothing_else() throws IOException {
    Path target = folder.resolve("m.tarn");
    try (Publisher publisher = Publisher.keepingPrevious(DISK, target, PublisherTest::complete)) {
      for (int i = 0; i < 5; i++) {
        publisher.publish(text("good " + i));
      }
      assertEquals(List.of("m.tarn", "m.tarn.lock", "m.tarn.previous"), names());
    }
    assertEquals(List.of("m.tarn", "m.tarn.previous"), names());
    assertEquals("good 4", Files.readString(target));
    assertEquals("good 3", Files.readString(Publisher.previous(target)));
  }

  @Test
  void a_damaged_newest_is_said_and_the_one_before_it_is_read() throws IOException {
    Path target = folder.resolve("m.tarn");
    try (Publisher publisher = Publisher.keepingPrevious(DISK, target, PublisherTest::complete)) {
      publisher.publish(text("good 1"));
      publisher.publish(text("good 2"));
    }
    Files.writeString(target, "bad");
    var found =
        Newest.read(
            DISK,
            target,
            s -> {
              complete(s);
              return 0;
            });
    assertEquals(Publisher.previous(target), found.file());
    assertTrue(found.damage().orElseThrow().getMessage().contains("m.tarn is damaged"));
    try (Publisher publisher = Publisher.keepingPrevious(DISK, target, PublisherTest::complete)) {
      publisher.publish(text("good 3"));
    }
    assertEquals("good 1", Files.readString(Publisher.previous(target)), "never a damaged one");
    Files.writeString(target, "bad");
    Files.writeString(Publisher.previous(target), "bad");
    var fault = assertFault(FormatException.class, () -> read(target), "m.tarn is damaged");
    assertEquals(1, fault.getSuppressed().length);
    assertFault(
        StoreException.class, () -> read(folder.resolve("n.tarn")), "n.tarn", "no such file");
    assertThrows(
        UnsupportedException.class,
        () ->
            Newest.read(
                DISK,
                target,
                s -> {
                  throw new UnsupportedException("version 9");
                }),
        "a newer file is not damage");
  }

  @Test
  void plain_files_are_replaced_whole() throws IOException {
    Path target = folder.resolve("a.csv");
    Publisher.write(target, text("one"));
    Publisher.write(target, text("two"));
    assertEquals("two", Files.readString(target));
    assertEquals(List.of("a.csv"), names());
    byte[] large = new byte[300_000];
    new java.util.Random(5).nextBytes(large);
    Publisher.write(target, Content.of(large));
    assertArrayEquals(large, Files.readAllBytes(target));
  }

  @Test
  void a_link_is_followed_not_replaced() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real")).resolve("m.tarn");
    Files.writeString(real, "old");
    Path link = Files.createSymbolicLink(folder.resolve("link.tarn"), real);
    Publisher.write(link, text("new"));
    assertEquals("new", Files.readString(real));
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void every_reason_not_to_save_is_found_before_training() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    Path directory = Files.createDirectory(folder.resolve("folder"));
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(DISK, folder.resolve("no/m.tarn")),
        "no/m.tarn cannot be written",
        "folder does not exist",
        "Nothing was changed");
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(DISK, file.resolve("m.tarn")),
        "is not a folder");
    assertFault(StoreException.class, () -> Publisher.preflight(DISK, directory), "it is a folder");
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(DISK, Path.of("/dev/full")),
        "not a regular file");
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(DISK, folder.resolve("n".repeat(240) + ".tarn")),
        "cannot be written",
        "too long");
    for (String name : List.of("con", "NUL.tarn", "Lpt1.x", "ends.", "ends ", "..", ".")) {
      assertFault(
          ParameterException.class,
          () -> Publisher.preflight(DISK, folder.resolve(name)),
          name,
          "Choose another name");
    }
    assertFault(
        ParameterException.class, () -> Publisher.preflight(DISK, Path.of("/")), "not a file name");
    assertFault(
        ParameterException.class,
        () -> FileStorage.path("a\0b"),
        "a\\u0000b",
        "Choose another name");
    assertEquals(List.of("file", "folder"), names());
    assertEquals("x", Files.readString(file));
  }

  @Test
  void a_folder_without_write_permission() throws IOException {
    Path sealed = Files.createDirectory(folder.resolve("sealed"));
    Files.setPosixFilePermissions(sealed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeTrue(!Files.isWritable(sealed), "root writes everywhere");
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(DISK, sealed.resolve("m.tarn")),
        "cannot be written",
        "no permission",
        "Give write permission");
  }

  @Test
  void a_folder_that_refuses_new_files() throws IOException {
    Storage disk =
        new ChangedDisk() {
          @Override
          public Output create(Path file) throws IOException {
            throw new AccessDeniedException(file.toString());
          }
        };
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(disk, folder.resolve("m.tarn")),
        "m.tarn cannot be written",
        "no permission for",
        "Give write permission");
    assertEquals(List.of(), names());
  }

  @Test
  void two_in_one_process_are_refused_and_the_lock_is_kept() throws IOException {
    Path target = folder.resolve("m.tarn");
    try (Publisher first = Publisher.keepingNewest(DISK, target)) {
      assertFault(
          StoreException.class,
          () -> Publisher.keepingNewest(DISK, target),
          "m.tarn cannot be written: locked by pid " + ProcessHandle.current().pid());
      first.publish(text("1"));
    }
    Publisher.keepingNewest(DISK, target).close();
    assertEquals(List.of("m.tarn"), names());
  }

  @Test
  void a_full_disk_keeps_the_last_save_and_leaves_no_stump() throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/full")));
    Path target = folder.resolve("m.tarn");
    boolean[] full = {false};
    Storage disk =
        new ChangedDisk() {
          @Override
          public Output create(Path file) throws IOException {
            if (!full[0]) {
              return super.create(file);
            }
            DISK.create(file).close();
            var device = new FileOutputStream("/dev/full");
            return new Output() {
              @Override
              public void write(byte[] bytes, int from, int count) throws IOException {
                device.write(bytes, from, count);
              }

              @Override
              public void force() throws IOException {
                device.getFD().sync();
              }

              @Override
              public void close() throws IOException {
                device.close();
              }
            };
          }
        };
    try (Publisher publisher = Publisher.keepingPrevious(disk, target, PublisherTest::complete)) {
      publisher.publish(text("good 1"));
      full[0] = true;
      assertFault(
          StoreException.class,
          () -> publisher.publish(text("good 2")),
          "m.tarn could not be written in 3 attempts",
          "No space left",
          "last complete save is untouched",
          "Free some space");
      assertEquals(List.of("m.tarn", "m.tarn.lock"), names());
      full[0] = false;
      publisher.publish(text("good 3"));
    }
    assertEquals("good 3", Files.readString(target));
    assertEquals("good 1", Files.readString(Publisher.previous(target)));
  }

  @Test
  void a_file_system_that_cannot_rename_in_one_step_is_refused_at_the_start() throws IOException {
    Storage disk =
        new ChangedDisk() {
          @Override
          public void move(Path from, Path to) throws IOException {
            throw new AtomicMoveNotSupportedException(
                from.toString(), to.toString(), "Invalid cross-device link");
          }
        };
    assertFault(
        StoreException.class,
        () -> Publisher.preflight(disk, folder.resolve("m.tarn")),
        "cannot rename in one step");
    assertEquals(List.of(), names());
  }

  @Test
  void bytes_that_read_back_differently_are_never_published() throws IOException {
    Path target = folder.resolve("m.tarn");
    Files.writeString(target, "good 1");
    Storage disk =
        new ChangedDisk() {
          @Override
          public Source open(Path file) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length > 1) {
              bytes[1] ^= 1;
            }
            return Source.of(file.toString(), bytes);
          }
        };
    try (Publisher publisher = Publisher.keepingNewest(disk, target)) {
      assertFault(
          StoreException.class,
          () -> publisher.publish(text("good 2")),
          "read back 6 bytes with CRC32C");
    }
    assertEquals("good 1", Files.readString(target));
    assertEquals(List.of("m.tarn"), names());
  }

  @Test
  void an_interrupted_caller_still_saves_and_stays_interrupted() throws IOException {
    Path target = folder.resolve("m.tarn");
    Thread.currentThread().interrupt();
    try (Publisher publisher = Publisher.keepingPrevious(DISK, target, PublisherTest::complete)) {
      publisher.publish(text("good 1"));
      publisher.publish(text("good 2"));
      assertEquals("good 2", read(target).isEmpty() ? "" : Files.readString(target));
    } finally {
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void after_an_error_nothing_more_is_saved() throws IOException {
    Path target = folder.resolve("m.tarn");
    try (Publisher publisher = Publisher.keepingNewest(DISK, target)) {
      publisher.publish(text("good 1"));
      assertThrows(
          OutOfMemoryError.class,
          () ->
              publisher.publish(out -> {
                out.write('g');
                throw new OutOfMemoryError("Java heap space");
              }));
      assertFault(
          StoreException.class,
          () -> publisher.publish(text("good 2")),
          "not saved",
          "Java heap space",
          "cannot be trusted");
    }
    assertEquals("good 1", Files.readString(target));
    Publisher.preflight(DISK, target);
    assertEquals(List.of("m.tarn"), names());
  }

  @Test
  void a_fault_of_the_content_is_the_callers_and_changes_nothing() throws IOException {
    Path target = folder.resolve("m.tarn");
    Publisher left;
    try (Publisher publisher = Publisher.keepingNewest(DISK, target)) {
      publisher.publish(text("good 1"));
      assertFault(
          ParameterException.class,
          () ->
              publisher.publish(out -> {
                throw new ParameterException("not this");
              }),
          "not this");
      assertFalse(names().contains("m.tarn.tmp"));
      publisher.publish(text("good 2"));
      left = publisher;
    }
    assertFault(StoreException.class, () -> left.publish(text("3")), "closed");
    assertEquals("good 2", Files.readString(target));
  }

  @Test
  void reading_what_is_no_file() throws IOException {
    assertFault(StoreException.class, () -> FileStorage.read(folder), "not a regular file");
    assertFault(
        StoreException.class, () -> FileStorage.read(Path.of("/dev/zero")), "not a regular file");
    assertFault(StoreException.class, () -> FileStorage.read(folder.resolve("x")), "no such file");
    Path file = Files.writeString(folder.resolve("f"), "before");
    try (Source open = FileStorage.read(file)) {
      Publisher.write(file, text("after!"));
      byte[] bytes = new byte[6];
      open.read(0, bytes, 0, 6);
      assertEquals("before", new String(bytes, StandardCharsets.UTF_8), "a reader sees one file");
    }
  }
}
