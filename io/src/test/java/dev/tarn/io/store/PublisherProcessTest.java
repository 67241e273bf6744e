package dev.tarn.io.store;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.store.PublisherTest.complete;
import static dev.tarn.io.store.PublisherTest.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.StoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Saving while another process holds the file, and in a process that is halted.
class PublisherProcessTest {
  @TempDir private Path folder;

  private static final Storage DISK = FileStorage.DISK;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  /// Runs `main` of a class of these tests in a JVM of its own.
  private static ProcessBuilder java(Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /// Holds a lock until its input ends.
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      Publisher publisher = Publisher.keepingNewest(DISK, Path.of(arguments[0]));
      System.out.println("locked");
      if (System.in.read() >= 0) {
        publisher.close();
      }
    }
  }

  @Test
  void another_process_is_named_and_leaves_no_stale_lock() throws Exception {
    Path target = folder.resolve("m.tarn");
    Process holder = java(Holder.class, target.toString()).start();
    try (var out =
        new BufferedReader(
            new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("locked", out.readLine());
      assertFault(
          StoreException.class,
          () -> Publisher.keepingNewest(DISK, target),
          "locked by pid " + holder.pid(),
          "Wait for the other process");
    } finally {
      holder.destroyForcibly().waitFor();
    }
    assertTrue(Files.exists(folder.resolve("m.tarn.lock")), "killed, so its file is still there");
    Publisher.write(target, text("mine"));
    assertEquals(List.of("m.tarn"), names());
  }

  /// Saves generation 3 and is halted at a step.
  static final class Halting {
    private Halting() {}

    public static void main(String[] arguments) {
      var faulty =
          new FaultyStorage(
              DISK,
              Integer.parseInt(arguments[1]),
              FaultyStorage.Fault.valueOf(arguments[2]),
              () -> Runtime.getRuntime().halt(9));
      try (Publisher publisher =
          Publisher.keepingPrevious(faulty, Path.of(arguments[0]), PublisherTest::complete)) {
        publisher.publish(text("good 3"));
      }
      System.out.println(faulty.steps());
    }
  }

  private void haltAt(int from, int to, int by) throws Exception {
    Path target = folder.resolve("m.tarn");
    int halted = 0;
    for (int at = from; at < to; at += by) {
      for (var fault : List.of(FaultyStorage.Fault.HALT, FaultyStorage.Fault.HALT_AFTER)) {
        try (Publisher publisher =
            Publisher.keepingPrevious(DISK, target, PublisherTest::complete)) {
          publisher.publish(text("good 1"));
          publisher.publish(text("good 2"));
        }
        Process process =
            java(Halting.class, target.toString(), Integer.toString(at), fault.name()).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        halted += exit == 9 ? 1 : 0;
        assertTrue(exit == 0 || exit == 9, said);
        String newest = Files.readString(target);
        assertTrue(
            newest.equals("good 3") || (exit == 9 && newest.equals("good 2")),
            "step %d: %s".formatted(at, newest));
        complete(FileStorage.read(Publisher.previous(target)));
        Publisher.write(target, text("good 4"));
        assertEquals(List.of("m.tarn", "m.tarn.previous"), names(), "step " + at);
      }
    }
    assertTrue(halted > 0);
  }

  @Test
  void the_process_is_halted_at_some_steps() throws Exception {
    haltAt(9, 30, 7);
  }

  @Test
  @Tag("long")
  void the_process_is_halted_at_every_step() throws Exception {
    haltAt(0, 40, 1);
  }
}
