package dev.tarn.io.model;

import static dev.tarn.io.Faults.assertFault;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FaultyStorage;
import dev.tarn.io.store.FaultyStorage.Fault;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Newest;
import dev.tarn.io.store.Publisher;
import dev.tarn.io.store.SimulatedDisk;
import dev.tarn.io.store.SimulatedDisk.Unforced;
import dev.tarn.io.store.Storage;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.train.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFileTest {
  @TempDir private Path folder;

  private static final Model MODEL = SampleModels.small();

  private static void save(Storage storage, Path path, TrainerState state) {
    try (var file = CheckpointFile.open(storage, path, MODEL, ModelInfo.NONE)) {
      file.save(state);
    }
  }

  private static Optional<TrainerState> newest(Path path) {
    try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
      return file.newest();
    }
  }

  private static void assertSame(TrainerState expected, TrainerState found) {
    assertArrayEquals(expected.parameters(), found.parameters());
    assertArrayEquals(expected.bestParameters(), found.bestParameters());
    assertEquals(expected.slots().size(), found.slots().size());
    for (int i = 0; i < expected.slots().size(); i++) {
      assertArrayEquals(expected.slots().get(i), found.slots().get(i));
    }
    assertEquals(text(expected), text(found));
  }

  /// Everything but the arrays.
  private static String text(TrainerState state) {
    return "%d %d %d %d %d %d %s %s %s %s %d"
        .formatted(
            state.seed(),
            state.examples(),
            state.stepSize(),
            state.epoch(),
            state.step(),
            state.updates(),
            state.optimizer(),
            state.schedule(),
            state.sums(),
            state.history(),
            state.bestEpoch());
  }

  @Test
  void c10_every_number_of_the_state_comes_back_exactly() {
    Path path = folder.resolve("m.tarn");
    assertEquals(Optional.empty(), newest(path));
    TrainerState state = SampleModels.state(MODEL, 5);
    save(FileStorage.DISK, path, state);
    assertSame(state, newest(path).orElseThrow());
    assertArrayEquals(
        state.bestParameters(), ModelFile.load(path).parameters().array(), "predict with the best");
    TrainerState without = SampleModels.withoutBest(state);
    save(FileStorage.DISK, path, without);
    assertSame(without, newest(path).orElseThrow());
    assertArrayEquals(without.parameters(), ModelFile.load(path).parameters().array());
  }

  @Test
  void c7_a_damaged_newest_gives_the_one_before_and_says_so() throws IOException {
    Path path = folder.resolve("m.tarn");
    try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
      file.save(SampleModels.state(MODEL, 1));
      file.save(SampleModels.state(MODEL, 2));
      assertEquals(2, file.newest().orElseThrow().step());
      assertTrue(file.damage().isEmpty());
      byte[] bytes = Files.readAllBytes(path);
      bytes[bytes.length / 2] ^= 4;
      Files.write(path, bytes);
      assertEquals(1, file.newest().orElseThrow().step());
      assertTrue(file.damage().orElseThrow().getMessage().contains("m.tarn"));
      var predicted = ModelFile.loadNewest(path);
      assertEquals(Publisher.previous(path), predicted.file());
      file.save(SampleModels.state(MODEL, 3));
      assertEquals(3, file.newest().orElseThrow().step());
      Files.delete(path);
      assertEquals(1, file.newest().orElseThrow().step(), "the damaged one was not kept");
      Files.write(Publisher.previous(path), new byte[3]);
      assertFault(StoreException.class, file::newest, "no such file");
      Files.write(path, new byte[3]);
      assertFault(FormatException.class, file::newest, "m.tarn");
    }
  }

  @Test
  void c14_numbers_not_clocks_order_the_saves() throws IOException {
    Path path = folder.resolve("m.tarn");
    for (int step = 1; step <= 3; step++) {
      save(FileStorage.DISK, path, SampleModels.state(MODEL, step));
    }
    Files.setLastModifiedTime(path, FileTime.from(Instant.EPOCH));
    assertEquals(3, newest(path).orElseThrow().step());
    assertEquals(3, generation(path));
    assertEquals(2, generation(Publisher.previous(path)));
    Files.delete(path);
    save(FileStorage.DISK, path, SampleModels.state(MODEL, 4));
    assertEquals(3, generation(path), "one more than the highest there is");
  }

  private static long generation(Path path) throws IOException {
    return TarnArchive.read(Source.of("m", Files.readAllBytes(path))).generation();
  }

  @Test
  void c15_two_saves_are_kept_and_no_more() throws IOException {
    Path path = folder.resolve("m.tarn");
    try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
      for (int step = 0; step < 20; step++) {
        file.save(SampleModels.state(MODEL, step));
      }
      assertFault(
          StoreException.class,
          () -> CheckpointFile.open(path, MODEL, ModelInfo.NONE),
          "locked by pid");
    }
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void c8_another_model_is_refused_whole() {
    Path path = folder.resolve("m.tarn");
    save(FileStorage.DISK, path, SampleModels.state(MODEL, 1));
    Model wider = Model.input(1, 4, 4).conv(8, 3).relu().maxPool(2).flatten().dense(2).build();
    Model longer =
        Model.input(1, 4, 4).conv(2, 3).relu().maxPool(2).flatten().dense(2).softmax().build();
    try (var file = CheckpointFile.open(path, wider, ModelInfo.NONE)) {
      assertFault(
          ShapeException.class,
          file::newest,
          "m.tarn was trained with another model",
          "layer 1",
          "\"outChannels\":2",
          "\"outChannels\":8");
      assertFault(
          ParameterException.class,
          () -> file.save(SampleModels.state(MODEL, 1)),
          "needs " + wider.parameterArraySize());
    }
    try (var file = CheckpointFile.open(path, longer, ModelInfo.NONE)) {
      assertFault(ShapeException.class, file::newest, "6 layers there and 7 here");
    }
    assertEquals(1, newest(path).orElseThrow().step());
  }

  @Test
  void a_finished_model_is_nothing_to_resume() {
    Path path = folder.resolve("m.tarn");
    var parameters = Parameters.initialize(MODEL, 1);
    try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
      file.save(SampleModels.state(MODEL, 1));
      file.finish(parameters, ModelInfo.NONE.note("accuracy", "0.5"));
      assertFault(UnsupportedException.class, file::newest, "finished model", "nothing to resume");
    }
    ModelFile loaded = ModelFile.load(path);
    assertArrayEquals(parameters.array(), loaded.parameters().array());
    assertEquals("0.5", loaded.info().notes().get("accuracy"));
  }

  private static boolean saved(Storage storage, Path path) {
    try {
      save(storage, path, SampleModels.state(MODEL, 3));
      return true;
    } catch (StoreException | FaultyStorage.Halted expected) {
      return false;
    }
  }

  private static long step(Source source) {
    return TarnArchive.read(source).json(TarnArchive.TRAINING).get("step").whole(0, 9);
  }

  @Test
  void c1_to_c4_a_checkpoint_survives_every_fault_at_every_step() {
    Path path = Path.of("m.tarn").toAbsolutePath();
    SimulatedDisk start = SimulatedDisk.withLinks();
    save(start, path, SampleModels.state(MODEL, 1));
    save(start, path, SampleModels.state(MODEL, 2));
    for (Fault fault : Fault.values()) {
      for (int at = 0; ; at++) {
        SimulatedDisk disk = start.copy();
        var faulty = new FaultyStorage(disk, at, fault);
        int least = saved(faulty, path) ? 3 : 2;
        for (Unforced unforced : new Unforced[] {Unforced.HALF, Unforced.TORN_LAST_BLOCK}) {
          int combination = disk.combinations() - 1;
          for (SimulatedDisk left :
              new SimulatedDisk[] {
                disk,
                disk.afterPowerLoss(0, unforced),
                disk.afterPowerLoss(combination, unforced),
                disk.afterPowerLoss(combination / 2, unforced)
              }) {
            long found = Newest.read(left, path, CheckpointFileTest::step).value();
            assertTrue(
                found >= least,
                () -> "%s at %s, %s: found %d".formatted(fault, faulty.steps(), unforced, found));
          }
        }
        if (faulty.steps() <= at) {
          break;
        }
      }
    }
  }
}
