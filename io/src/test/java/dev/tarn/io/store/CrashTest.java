package dev.tarn.io.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tarn.error.FormatException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FaultyStorage.Fault;
import dev.tarn.io.store.FaultyStorage.Halted;
import dev.tarn.io.store.SimulatedDisk.Unforced;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every step of a save goes wrong in every way, on a disk that forgets what was not forced.
class CrashTest {
  private static final Path TARGET = Path.of("model.tarn").toAbsolutePath();

  /// Two generations are there, perhaps the newer one damaged; saving the third goes wrong.
  private record Start(String name, SimulatedDisk disk, int newest) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Start> starts() {
    return Stream.of(SimulatedDisk.withLinks(), SimulatedDisk.withoutLinks())
        .flatMap(none -> {
          SimulatedDisk one = none.copy();
          save(one, 1);
          SimulatedDisk two = one.copy();
          save(two, 2);
          SimulatedDisk damaged = two.copy();
          damaged.flip(TARGET, 1000);
          return Stream.of(
              new Start("nothing", none, 0),
              new Start("one", one, 1),
              new Start("two", two, 2),
              new Start("newest_damaged", damaged, 1));
        });
  }

  /// A number and 3000 random bytes under a checksum.
  private static Content generation(int number) {
    byte[] bytes = new byte[3000];
    new Random(number).nextBytes(bytes);
    ByteBuffer.wrap(bytes).putInt(number);
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    byte[] sum = ByteBuffer.allocate(8).putLong(crc.getValue()).array();
    return out -> {
      out.write(bytes);
      out.write(sum);
    };
  }

  private static int read(Source source) {
    Cursor cursor = Cursor.of(source).order(ByteOrder.BIG_ENDIAN);
    byte[] bytes = cursor.bytes(3000, "payload");
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    if (cursor.i64("checksum") != crc.getValue()) {
      throw new FormatException("%s: damaged".formatted(cursor.name()));
    }
    cursor.requireEnd("the checksum");
    return ByteBuffer.wrap(bytes).getInt();
  }

  private static void save(Storage storage, int number) {
    try (Publisher publisher = Publisher.keepingPrevious(storage, TARGET, CrashTest::read)) {
      publisher.publish(generation(number));
    }
  }

  private static int load(Storage storage) {
    return Newest.read(storage, TARGET, CrashTest::read).value();
  }

  private enum Outcome {
    SAVED,
    REFUSED,
    HALTED
  }

  private static Outcome attempt(Storage storage) {
    try {
      save(storage, 3);
      return Outcome.SAVED;
    } catch (StoreException e) {
      return Outcome.REFUSED;
    } catch (Halted e) {
      return Outcome.HALTED;
    }
  }

  private static void requireSound(Start start, Outcome outcome, SimulatedDisk left, String how) {
    int least = outcome == Outcome.SAVED ? 3 : start.newest;
    if (least > 0) {
      try {
        int found = load(left);
        assertTrue(found == 3 || found == least, () -> how + ": found generation " + found);
      } catch (TarnException e) {
        fail(how + ": nothing complete is left: " + e.getMessage());
      }
      if (start.newest == 2 || start.name.equals("newest_damaged")) {
        try (Source previous = left.source(Publisher.previous(TARGET))) {
          int found = read(previous);
          assertTrue(found == 1 || found == 2, () -> how + ": previous is generation " + found);
        } catch (IOException e) {
          fail(e);
        }
      }
    } else if (left.exists(TARGET)) {
      assertEquals(3, load(left), how);
    }
  }

  private static void requireUsable(SimulatedDisk left, String how) {
    save(left, 4);
    assertEquals(4, load(left), how);
    for (Path file : left.files()) {
      assertTrue(
          List.of("model.tarn", "model.tarn.previous").contains(file.getFileName().toString()),
          () -> how + ": left behind " + file);
    }
  }

  @ParameterizedTest
  @MethodSource("starts")
  void nothing_is_lost_whatever_step_goes_wrong(Start start) {
    int points = 0;
    for (Fault fault : Fault.values()) {
      for (int at = 0; ; at++) {
        SimulatedDisk disk = start.disk.copy();
        var faulty = new FaultyStorage(disk, at, fault);
        Outcome outcome = attempt(faulty);
        String how = "%s, %s at step %d, %s".formatted(start, fault, at, outcome);
        SimulatedDisk afterCrash = disk.copy();
        requireSound(start, outcome, afterCrash, how);
        requireUsable(afterCrash, how);
        for (int combination = 0; combination < disk.combinations(); combination++) {
          for (Unforced unforced : Unforced.values()) {
            SimulatedDisk left = disk.afterPowerLoss(combination, unforced);
            String lost =
                "%s, power lost, names %s, bytes %s".formatted(how, combination, unforced);
            requireSound(start, outcome, left, lost);
            if (combination == disk.combinations() / 2) {
              requireUsable(left, lost);
            }
            points++;
          }
        }
        if (fault == Fault.TRANSIENT && at >= probeSteps(start)) {
          assertEquals(Outcome.SAVED, outcome, how);
        }
        if (faulty.steps() <= at) {
          assertEquals(Outcome.SAVED, outcome, how);
          break;
        }
        if (fault == Fault.BROKEN) {
          assertEquals(Outcome.REFUSED, outcome, how);
        }
      }
    }
    assertTrue(points > 200, "only %d crash points".formatted(points));
  }

  /// Steps the check before a save takes; a fault there refuses the save at once.
  private static int probeSteps(Start start) {
    var counted = new FaultyStorage(start.disk.copy(), Integer.MAX_VALUE, Fault.BROKEN);
    Publisher.preflight(counted, TARGET);
    return counted.steps();
  }

  @Test
  void without_force_the_simulation_does_lose_data() {
    SimulatedDisk disk = SimulatedDisk.withLinks();
    save(disk, 1);
    Storage lazy = new Unforcing(disk);
    save(lazy, 2);
    SimulatedDisk left = disk.afterPowerLoss(disk.combinations() - 1, Unforced.HALF);
    assertEquals(
        Path.of("model.tarn.previous"),
        Newest.read(left, TARGET, CrashTest::read).file().getFileName());
  }

  /// Forces nothing, to show that the simulation notices.
  private record Unforcing(Storage inner) implements Storage {
    @Override
    public Path locate(Path target) throws IOException {
      return inner.locate(target);
    }

    @Override
    public boolean exists(Path file) throws IOException {
      return inner.exists(file);
    }

    @Override
    public Source open(Path file) throws IOException {
      return inner.open(file);
    }

    @Override
    public Output create(Path file) throws IOException {
      Output output = inner.create(file);
      return new Output() {
        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
          output.write(bytes, from, count);
        }

        @Override
        public void force() {}

        @Override
        public void close() throws IOException {
          output.close();
        }
      };
    }

    @Override
    public void link(Path file, Path second) throws IOException {
      inner.link(file, second);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
      inner.move(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
      inner.delete(file);
    }

    @Override
    public void forceFolder(Path folder) {}

    @Override
    public Closeable lock(Path file) throws IOException {
      return inner.lock(file);
    }

    @Override
    public void pause(int next) {}
  }
}
