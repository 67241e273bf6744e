package dev.tarn.io.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.CancelledException;
import dev.tarn.model.Model;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Checkpoints;
import dev.tarn.train.Dataset;
import dev.tarn.train.EarlyStopping;
import dev.tarn.train.Optimizer;
import dev.tarn.train.Schedule;
import dev.tarn.train.Trainer;
import dev.tarn.train.Training;
import dev.tarn.train.TrainingEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A training that ends at any step and goes on from its file gives the bits of one that was never
/// interrupted.
class ResumeFromFileTest {
  @TempDir private Path folder;

  private static final Dataset TRAIN = data(44, 1);
  private static final Dataset TEST = data(12, 2);
  private static final Model MODEL =
      Model.input(1, 6, 6)
          .conv(3, 3)
          .batchNorm()
          .relu()
          .maxPool(2)
          .flatten()
          .dropout(0.3)
          .dense(2)
          .softmax()
          .build();

  private static Dataset data(int size, long seed) {
    SeededRandom random = SeededRandom.of(seed, 5);
    Tensor images = Tensor.zeros(Shape.of(size, 1, 6, 6));
    int[] classes = new int[size];
    for (int n = 0; n < size; n++) {
      classes[n] = n % 2;
      for (int y = 0; y < 6; y++) {
        for (int x = 0; x < 6; x++) {
          double stripe = (classes[n] == 0 ? y : x) % 3 == 0 ? 1 : 0;
          images.set((float) (stripe + 0.5 * random.gaussian()), n, 0, y, x);
        }
      }
    }
    return Dataset.of(images, classes, List.of("rows", "columns"));
  }

  private static Trainer trainer(Optimizer optimizer) {
    return Trainer.of(MODEL)
        .optimizer(optimizer)
        .schedule(Schedule.onPlateau(0, 0.5))
        .earlyStopping(EarlyStopping.patience(5))
        .epochs(3)
        .batch(8)
        .threads(1);
  }

  /// What a killed process looks like to the code that was running.
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {}
  }

  @Test
  void killed_before_the_first_save_at_the_edge_of_an_epoch_and_inside_one() {
    killed(Optimizer.adam(0.01), 0, 6, 11);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("optimizers")
  void killed_after_any_update(Optimizer optimizer) {
    killed(optimizer, IntStream.range(0, 18).toArray());
  }

  private void killed(Optimizer optimizer, int... updatesDone) {
    Trainer trainer = trainer(optimizer);
    Training whole = trainer.fit(TRAIN, TEST);
    for (int kill : updatesDone) {
      Path path = folder.resolve("m%d.tarn".formatted(kill));
      int last = kill;
      int[] updates = {0};
      try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
        Trainer dying =
            trainer
                .checkpoints(Checkpoints.to(file).everySteps(1))
                .callback(event -> {
                  if (event instanceof TrainingEvent.StepDone && updates[0]++ == last) {
                    throw new Killed();
                  }
                });
        assertThrows(Killed.class, () -> dying.fit(TRAIN, TEST));
      }
      try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
        var state = file.newest();
        assertEquals(kill > 0, state.isPresent());
        state.ifPresent(s -> assertEquals(last, s.updates()));
        Training rest = trainer.checkpoints(Checkpoints.to(file)).resume(state).fit(TRAIN, TEST);
        assertArrayEquals(
            whole.parameters().array(), rest.parameters().array(), "killed after update " + kill);
        assertEquals(whole.history(), rest.history());
        assertArrayEquals(
            whole.parameters().array(), ModelFile.load(path).parameters().array(), "in the file");
      }
    }
  }

  static List<Optimizer> optimizers() {
    return List.of(Optimizer.adam(0.01), Optimizer.sgd(0.05).momentum(0.9), Optimizer.sgd(0.05));
  }

  @Test
  void interrupted_it_keeps_its_last_step_and_the_flag() throws Exception {
    Path path = folder.resolve("m.tarn");
    Trainer trainer = trainer(Optimizer.adam(0.01));
    try (var file = CheckpointFile.open(path, MODEL, ModelInfo.NONE)) {
      Trainer cancelled =
          trainer
              .checkpoints(Checkpoints.to(file))
              .callback(event -> {
                if (event instanceof TrainingEvent.StepDone step && step.step() == 3) {
                  Thread.currentThread().interrupt();
                }
              });
      assertThrows(CancelledException.class, () -> cancelled.fit(TRAIN, TEST));
      assertTrue(Thread.interrupted(), "the caller's flag is kept");
      assertEquals(4, file.newest().orElseThrow().step());
      Training rest = trainer.resume(file.newest()).fit(TRAIN, TEST);
      assertArrayEquals(trainer.fit(TRAIN, TEST).parameters().array(), rest.parameters().array());
    }
    assertTrue(Files.exists(path));
  }

  @Test
  void c9_whoever_reads_while_it_is_written_sees_a_complete_file() throws Exception {
    Path path = folder.resolve("m.tarn");
    var state = SampleModels.state(SampleModels.small(), 1);
    boolean[] done = {false};
    try (var file = CheckpointFile.open(path, SampleModels.small(), ModelInfo.NONE)) {
      file.save(state);
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 60; i++) {
                  file.save(state);
                }
                done[0] = true;
              });
      int loads = 0;
      while (writer.isAlive()) {
        assertArrayEquals(state.bestParameters(), ModelFile.load(path).parameters().array());
        loads++;
      }
      writer.join();
      assertTrue(done[0] && loads > 0, loads + " loads");
    }
  }
}
