package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The same bits on any number of threads, and however often training was interrupted.
class ResumeTest {
  private static final Dataset TRAIN = Patterns.of(70, 1);
  private static final Dataset TEST = Patterns.of(20, 2);
  private static final Model MODEL = Patterns.rich();

  private static Trainer trainer(Optimizer optimizer) {
    return Trainer.of(MODEL)
        .optimizer(optimizer)
        .schedule(Schedule.onPlateau(0, 0.5).warmUp(5))
        .epochs(4)
        .batch(8)
        .clip(Clip.norm(1))
        .earlyStopping(EarlyStopping.patience(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void any_number_of_threads_gives_the_same_bits(int threads) {
    Trainer trainer = trainer(Optimizer.adam(0.01)).accumulate(2);
    Training one = trainer.threads(1).fit(TRAIN, TEST);
    Training many = trainer.threads(threads).fit(TRAIN, TEST);
    assertArrayEquals(one.parameters().array(), many.parameters().array());
    assertEquals(one.history(), many.history());
  }

  @Test
  void parameters_larger_than_one_block_move_whole_on_any_number_of_threads() {
    Model wide = Model.input(1, 8, 8).flatten().dense(700).relu().dense(3).build();
    Trainer trainer =
        Trainer.of(wide).optimizer(Optimizer.adam(0.01)).clip(Clip.norm(0.5)).epochs(1).batch(70);
    float[] start = Parameters.initialize(wide, 1).array();
    float[] one = trainer.threads(1).fit(TRAIN).parameters().array();
    assertArrayEquals(one, trainer.threads(3).fit(TRAIN).parameters().array());
    // the first step of Adam has the size of the rate wherever there is a gradient
    int moved = 0;
    for (int i = 0; i < 700 * 64; i++) {
      moved += Math.abs(Math.abs(one[i] - start[i]) - 0.01f) < 1e-4f ? 1 : 0;
    }
    assertTrue(moved > 0.95 * 700 * 64, "only " + moved + " weights moved");
  }

  @Test
  void cancelling_while_validating_resumes_with_the_validation() {
    Trainer trainer = trainer(Optimizer.adam(0.01));
    Training whole = trainer.fit(TRAIN, TEST);
    List<TrainerState> states = new ArrayList<>();
    Thread training = Thread.currentThread();
    Dataset validation =
        new Forwarding(TEST) {
          @Override
          public void read(int index, long seed, float[] to, int at) {
            training.interrupt();
            super.read(index, seed, to, at);
          }
        };
    assertThrows(
        CancelledException.class,
        () -> trainer.checkpoints(Checkpoints.to(new MemoryStore(states))).fit(TRAIN, validation));
    assertTrue(Thread.interrupted(), "the flag was lost");
    assertEquals(1, states.size());
    assertEquals(9, states.getLast().step());
    Training rest = trainer.resume(states.getLast()).fit(TRAIN, TEST);
    assertArrayEquals(whole.parameters().array(), rest.parameters().array());
    assertEquals(whole.history(), rest.history());
  }

  @Test
  void another_seed_gives_other_bits() {
    Trainer trainer = trainer(Optimizer.adam(0.01)).epochs(1);
    float[] one = trainer.fit(TRAIN).parameters().array();
    float[] other = trainer.seed(2).fit(TRAIN).parameters().array();
    assertTrue(!java.util.Arrays.equals(one, other));
  }

  static List<Optimizer> optimizers() {
    return List.of(
        Optimizer.adam(0.01),
        Optimizer.sgd(0.1).momentum(0.9),
        Optimizer.rmsProp(0.003).momentum(0.9),
        Optimizer.adagrad(0.05));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void resuming_at_any_step_equals_going_on(Optimizer optimizer) {
    List<TrainerState> states = new ArrayList<>();
    Training whole =
        trainer(optimizer)
            .checkpoints(Checkpoints.to(new MemoryStore(states)).everySteps(1))
            .fit(TRAIN, TEST);
    assertTrue(states.size() >= 27, "only " + states.size() + " states");
    long seed = Long.getLong("tests.seed", 1);
    SeededRandom random = SeededRandom.of(seed, 3);
    List<Integer> places = new ArrayList<>(List.of(0, 8, 9, states.size() - 1));
    for (int i = 0; i < 6 * Integer.getInteger("tests.rounds", 1); i++) {
      places.add(random.nextInt(states.size()));
    }
    for (int place : places) {
      TrainerState state = states.get(place);
      Training rest = trainer(optimizer).threads(2).resume(state).fit(TRAIN, TEST);
      String where = "epoch %d, step %d, seed %d".formatted(state.epoch(), state.step(), seed);
      assertArrayEquals(whole.parameters().array(), rest.parameters().array(), where);
      assertEquals(whole.history(), rest.history(), where);
    }
  }

  @Test
  void a_state_is_not_changed_by_resuming_from_it() {
    List<TrainerState> states = new ArrayList<>();
    Trainer trainer = trainer(Optimizer.adam(0.01)).epochs(1);
    trainer.checkpoints(Checkpoints.to(new MemoryStore(states)).everySteps(1)).fit(TRAIN, TEST);
    TrainerState state = states.get(3);
    float[] parameters = state.parameters().clone();
    float[] slot = state.slots().getFirst().clone();
    trainer.resume(state).fit(TRAIN, TEST);
    assertArrayEquals(parameters, state.parameters());
    assertArrayEquals(slot, state.slots().getFirst());
  }

  @Test
  void a_finished_run_resumed_returns_at_once() {
    List<TrainerState> states = new ArrayList<>();
    Trainer trainer = trainer(Optimizer.adam(0.01)).epochs(1);
    Training whole = trainer.checkpoints(Checkpoints.to(new MemoryStore(states))).fit(TRAIN, TEST);
    assertEquals(1, states.size());
    Training again = trainer.resume(Optional.of(states.getLast())).fit(TRAIN, TEST);
    assertArrayEquals(whole.parameters().array(), again.parameters().array());
    assertArrayEquals(
        whole.parameters().array(),
        trainer.resume(Optional.empty()).fit(TRAIN, TEST).parameters().array());
  }

  @Test
  void a_state_of_another_run_is_refused() {
    List<TrainerState> states = new ArrayList<>();
    Trainer trainer = trainer(Optimizer.adam(0.01)).epochs(1);
    trainer.checkpoints(Checkpoints.to(new MemoryStore(states))).fit(TRAIN);
    TrainerState state = states.getLast();
    refused(ParameterException.class, "seed 1; the trainer has 2", trainer.seed(2).resume(state));
    refused(ParameterException.class, "batch × accumulate 8", trainer.batch(9).resume(state));
    refused(
        UnsupportedException.class,
        "optimizer Adam with 2 slots; the trainer has SGD with 0",
        trainer.optimizer(Optimizer.sgd(0.1)).resume(state));
    refused(
        ShapeException.class, "parameters", Trainer.of(Patterns.plain()).batch(8).resume(state));
    var e =
        assertThrows(ParameterException.class, () -> trainer.resume(state).fit(TRAIN.first(60)));
    assertTrue(e.getMessage().contains("number of training examples 70"), e::getMessage);
  }

  private static void refused(Class<? extends TarnException> kind, String part, Trainer trainer) {
    var e = assertThrows(kind, () -> trainer.fit(TRAIN));
    assertTrue(e.getMessage().contains(part), e::getMessage);
  }

  @Test
  void cancelling_keeps_the_last_complete_step_and_the_flag() {
    Training whole = trainer(Optimizer.adam(0.01)).fit(TRAIN, TEST);
    for (int cancelAt : List.of(0, 4, 8, 20)) {
      List<TrainerState> states = new ArrayList<>();
      List<TrainingEvent> events = new ArrayList<>();
      Callback canceller =
          event -> {
            events.add(event);
            if (event instanceof TrainingEvent.StepDone done
                && done.epoch() * done.steps() + done.step() == cancelAt) {
              Thread.currentThread().interrupt();
            }
          };
      Trainer trainer =
          trainer(Optimizer.adam(0.01)).checkpoints(Checkpoints.to(new MemoryStore(states)));
      assertThrows(CancelledException.class, () -> trainer.callback(canceller).fit(TRAIN, TEST));
      assertTrue(Thread.interrupted(), "the flag was lost");
      TrainingEvent.Broken broken = assertInstanceOf(TrainingEvent.Broken.class, events.getLast());
      assertEquals(cancelAt + 1, broken.state().updates());
      assertArrayEquals(states.getLast().parameters(), broken.state().parameters());
      Training rest = trainer.resume(states.getLast()).fit(TRAIN, TEST);
      assertArrayEquals(whole.parameters().array(), rest.parameters().array());
    }
  }

  @Test
  void cancelling_from_another_thread_at_any_moment_tears_nothing() throws InterruptedException {
    Training whole = trainer(Optimizer.adam(0.01)).fit(TRAIN, TEST);
    long seed = Long.getLong("tests.seed", 1);
    SeededRandom random = SeededRandom.of(seed, 4);
    int cancelled = 0;
    for (int round = 0; round < 10 * Integer.getInteger("tests.rounds", 1); round++) {
      List<TrainerState> states = new ArrayList<>();
      Trainer trainer =
          trainer(Optimizer.adam(0.01))
              .threads(2)
              .checkpoints(Checkpoints.to(new MemoryStore(states)));
      List<TarnException> ends = new ArrayList<>();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  trainer.fit(TRAIN, TEST);
                } catch (CancelledException e) {
                  ends.add(e);
                }
              });
      Thread.sleep(random.nextInt(60));
      long asked = System.nanoTime();
      thread.interrupt();
      thread.join();
      assertTrue(System.nanoTime() - asked < 2_000_000_000L, "took more than 2 s to stop");
      cancelled += ends.size();
      Training rest = trainer.resume(new MemoryStore(states).newest()).fit(TRAIN, TEST);
      assertArrayEquals(
          whole.parameters().array(),
          rest.parameters().array(),
          "round " + round + ", seed " + seed);
    }
    assertTrue(cancelled > 0, "no round was cancelled");
  }

  @Test
  void a_store_that_fails_stops_training_or_not_as_told() {
    CheckpointStore full =
        new CheckpointStore() {
          @Override
          public void save(TrainerState state) {
            throw new StoreException("No space left on device");
          }

          @Override
          public Optional<TrainerState> newest() {
            return Optional.empty();
          }
        };
    Trainer trainer = trainer(Optimizer.adam(0.01)).epochs(1);
    assertThrows(StoreException.class, () -> trainer.checkpoints(Checkpoints.to(full)).fit(TRAIN));
    List<TrainingEvent> events = new ArrayList<>();
    Training training =
        trainer
            .checkpoints(Checkpoints.to(full).onFailure(Checkpoints.OnFailure.CONTINUE))
            .callback(events::add)
            .fit(TRAIN);
    assertEquals(1, training.history().size());
    assertEquals(
        1, events.stream().filter(TrainingEvent.CheckpointFailed.class::isInstance).count());
  }
}
