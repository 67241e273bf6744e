package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.LimitException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
  private static final Dataset TRAIN = Patterns.of(130, 1);
  private static final Dataset TEST = Patterns.of(60, 2);

  static List<Optimizer> optimizers() {
    return List.of(
        Optimizer.sgd(0.1),
        Optimizer.sgd(0.03).momentum(0.9).nesterov().weightDecay(1e-4),
        Optimizer.adam(0.01),
        Optimizer.adamW(0.01),
        Optimizer.rmsProp(0.003).momentum(0.5),
        Optimizer.adagrad(0.05));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void every_optimizer_learns_the_patterns(Optimizer optimizer) {
    Training training =
        Trainer.of(Patterns.plain()).optimizer(optimizer).epochs(12).batch(10).fit(TRAIN, TEST);
    EpochResult first = training.history().getFirst();
    EpochResult last = training.history().getLast();
    assertEquals(12, training.history().size());
    assertTrue(last.loss() < first.loss(), training.history()::toString);
    assertTrue(last.validationAccuracy() > 0.9, training.history()::toString);
    assertEquals(training.evaluate(TEST).accuracy(), last.validationAccuracy());
  }

  static List<Loss> losses() {
    return List.of(
        Loss.crossEntropy().smoothing(0.1).classWeights(1, 2, 1),
        Loss.binaryCrossEntropy(),
        Loss.meanSquaredError(),
        Loss.huber(0.5));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void every_loss_learns_the_patterns_from_class_numbers(Loss loss) {
    Training training =
        Trainer.of(Patterns.plain())
            .loss(loss)
            .optimizer(Optimizer.adam(0.01))
            .epochs(12)
            .batch(10)
            .fit(TRAIN);
    assertTrue(training.evaluate(TEST).accuracy() > 0.9, training.history()::toString);
  }

  @Test
  void values_as_targets_train_a_regression() {
    Tensor examples = TRAIN.examples();
    Tensor means = Tensor.zeros(Shape.of(130, 1));
    for (int i = 0; i < 130; i++) {
      for (int j = 0; j < 64; j++) {
        means.array()[i] += examples.array()[i * 64 + j] / 64;
      }
    }
    Dataset data = Dataset.of(examples, means);
    Training training =
        Trainer.of(Model.input(1, 8, 8).flatten().dense(1).build())
            .loss(Loss.meanSquaredError())
            .optimizer(Optimizer.adam(0.01))
            .epochs(40)
            .batch(13)
            .fit(data.subset(0, 100), data.subset(100, 130));
    EpochResult last = training.history().getLast();
    assertTrue(last.validationLoss() < 0.01, training.history()::toString);
    assertTrue(Double.isNaN(last.accuracy()) && Double.isNaN(last.validationAccuracy()));
    assertFalse(training.evaluate(data).hasClasses());
  }

  @Test
  void accumulated_batches_equal_one_larger_batch() {
    Trainer trainer =
        Trainer.of(Patterns.plain()).optimizer(Optimizer.sgd(0.1).momentum(0.9)).epochs(2);
    Training large = trainer.batch(24).fit(TRAIN);
    Training parts = trainer.batch(6).accumulate(4).fit(TRAIN);
    Training weighted =
        trainer.loss(Loss.crossEntropy().classWeights(1, 5, 0.1)).batch(7).accumulate(3).fit(TRAIN);
    Training weightedLarge =
        trainer.loss(Loss.crossEntropy().classWeights(1, 5, 0.1)).batch(21).fit(TRAIN);
    assertArrayEquals(large.parameters().array(), parts.parameters().array(), 2e-6f);
    assertArrayEquals(weightedLarge.parameters().array(), weighted.parameters().array(), 2e-6f);
  }

  @Test
  void a_model_ending_in_softmax_learns_the_same_as_its_scores() {
    Model scores = Patterns.plain();
    Model shares = scores.outputs().getFirst().softmax().build();
    Training one = Trainer.of(scores).epochs(2).fit(TRAIN, TEST);
    Training other = Trainer.of(shares).epochs(2).fit(TRAIN, TEST);
    assertArrayEquals(one.parameters().array(), other.parameters().array());
    assertEquals(one.history(), other.history());
    assertEquals(shares, other.model());
    Prediction of = other.predictor().classify(TEST.examples().slice(0, 1));
    Prediction from = one.predictor().classify(TEST.examples().slice(0, 1));
    assertEquals(from.probability(), of.probability(), 1e-6);
  }

  @Test
  void a_last_layer_that_bounds_what_the_loss_needs_unbounded_is_refused() {
    Model sigmoid = Patterns.plain().outputs().getFirst().activate(Activation.SIGMOID).build();
    Model softmax = Patterns.plain().outputs().getFirst().softmax().build();
    assertThrows(UnsupportedException.class, () -> Trainer.of(sigmoid).fit(TRAIN));
    assertThrows(
        UnsupportedException.class,
        () -> Trainer.of(softmax).loss(Loss.binaryCrossEntropy()).fit(TRAIN));
  }

  @Test
  void frozen_layers_keep_their_weights_and_running_statistics() {
    Model model = Patterns.rich();
    Parameters start = Parameters.initialize(model, 3);
    Training training =
        Trainer.of(model)
            .from(start)
            .freeze("conv1", "batchnorm1")
            .optimizer(Optimizer.sgd(0.1).weightDecay(0.1).decay(Optimizer.Decay.ALL))
            .epochs(1)
            .fit(TRAIN);
    for (String name :
        List.of("conv1.weight", "conv1.bias", "batchnorm1.weight", "batchnorm1.runningMean")) {
      assertEquals(start.get(name), training.parameters().get(name), name);
    }
    assertFalse(start.get("conv2.weight").equals(training.parameters().get("conv2.weight")));
    var unknown = assertThrows(ParameterException.class, () -> Trainer.of(model).freeze("conv9"));
    assertTrue(unknown.getMessage().contains("conv9"), unknown::getMessage);
    var nothing =
        assertThrows(
            ParameterException.class,
            () -> Trainer.of(Patterns.plain()).freeze("conv1", "dense1").fit(TRAIN));
    assertTrue(nothing.getMessage().contains("nothing to learn"), nothing::getMessage);
  }

  @Test
  void weight_decay_leaves_biases_alone_unless_told() {
    Model model = Patterns.plain();
    Parameters start = Parameters.initialize(model, 3);
    start.set("dense1.bias", Tensor.of(Shape.of(3), 1, 1, 1));
    Dataset zeros = Dataset.of(Tensor.zeros(Shape.of(3, 1, 8, 8)), new int[] {0, 1, 2}, List.of());
    // equal scores and one example of each class: the bias has no gradient
    Trainer trainer = Trainer.of(model).from(start).epochs(1).batch(3);
    var sgd = Optimizer.sgd(0.5).weightDecay(0.5);
    Parameters kept = trainer.optimizer(sgd).fit(zeros).parameters();
    Parameters shrunk = trainer.optimizer(sgd.decay(Optimizer.Decay.ALL)).fit(zeros).parameters();
    assertArrayEquals(new float[] {1, 1, 1}, kept.get("dense1.bias").array(), 1e-6f);
    assertArrayEquals(new float[] {0.75f, 0.75f, 0.75f}, shrunk.get("dense1.bias").array(), 1e-6f);
    assertEquals(0.75f * start.get("conv1.weight").array()[0], kept.get("conv1.weight").array()[0]);
  }

  @Test
  void clipping_bounds_the_step() {
    Model model = Patterns.plain();
    Parameters start = Parameters.initialize(model, 3);
    Trainer trainer =
        Trainer.of(model).from(start).optimizer(Optimizer.sgd(1)).epochs(1).batch(200);
    float[] norm = trainer.clip(Clip.norm(0.01)).fit(TRAIN).parameters().array();
    float[] value = trainer.clip(Clip.value(0.001)).fit(TRAIN).parameters().array();
    float[] free = trainer.clip(Clip.norm(1000)).fit(TRAIN).parameters().array();
    assertArrayEquals(trainer.fit(TRAIN).parameters().array(), free);
    double sum = 0;
    for (int i = 0; i < norm.length; i++) {
      double moved = norm[i] - start.array()[i];
      sum += moved * moved;
      assertEquals(start.array()[i], value[i], 0.001001f);
    }
    assertEquals(0.01, Math.sqrt(sum), 1e-5);
    assertThrows(ParameterException.class, () -> Clip.norm(0));
    assertThrows(ParameterException.class, () -> Clip.value(Double.NaN));
  }

  @Test
  void early_stopping_ends_with_the_best_weights() {
    List<TrainingEvent> events = new ArrayList<>();
    Trainer trainer =
        Trainer.of(Patterns.plain()).optimizer(Optimizer.sgd(1.5)).epochs(50).callback(events::add);
    Training best = trainer.earlyStopping(EarlyStopping.patience(3)).fit(TRAIN, TEST);
    int epochs = best.history().size();
    assertTrue(epochs < 50, best.history()::toString);
    double lowest =
        best.history().stream().mapToDouble(EpochResult::validationLoss).min().orElseThrow();
    assertEquals(lowest, best.history().get(epochs - 4).validationLoss());
    assertEquals(lowest, best.evaluate(TEST).loss(), 1e-12);
    assertTrue(events.getLast() instanceof TrainingEvent.Finished);
    Training last =
        trainer
            .earlyStopping(EarlyStopping.patience(3).keep(EarlyStopping.Keep.LAST))
            .fit(TRAIN, TEST);
    assertEquals(best.history(), last.history());
    assertEquals(last.history().getLast().validationLoss(), last.evaluate(TEST).loss(), 1e-12);
  }

  @Test
  void a_callback_can_stop_training() {
    Callback two =
        new Callback() {
          @Override
          public void on(TrainingEvent event) {}

          @Override
          public boolean stop(List<EpochResult> history) {
            return history.size() == 2;
          }
        };
    assertEquals(2, Trainer.of(Patterns.plain()).callback(two).fit(TRAIN).history().size());
  }

  @Test
  void a_plateau_lowers_the_rate() {
    Training training =
        Trainer.of(Patterns.plain())
            .optimizer(Optimizer.sgd(1.5))
            .schedule(Schedule.onPlateau(1, 0.5))
            .epochs(12)
            .fit(TRAIN, TEST);
    assertTrue(training.history().getLast().rate() < 1.5, training.history()::toString);
  }

  @Test
  void the_log_has_one_line_per_epoch(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("log.csv");
    Trainer trainer = Trainer.of(Patterns.plain()).epochs(2).callback(CsvLog.to(file));
    Training training = trainer.fit(TRAIN);
    List<String> lines = Files.readAllLines(file);
    assertEquals(3, lines.size());
    EpochResult second = training.history().get(1);
    assertEquals("1,0.001," + second.loss() + "," + second.accuracy() + ",,", lines.get(2));
    trainer.fit(TRAIN);
    assertEquals(lines, Files.readAllLines(file));
    assertThrows(
        dev.tarn.error.StoreException.class,
        () -> trainer.callback(CsvLog.to(folder.resolve("no/such/log.csv"))).fit(TRAIN));
  }

  @Test
  void events_count_steps_and_the_last_batch_may_be_smaller() {
    List<TrainingEvent> events = new ArrayList<>();
    Trainer.of(Patterns.plain()).epochs(1).batch(50).callback(events::add).fit(TRAIN);
    assertEquals(new TrainingEvent.Started(1, 3, 0, 0, List.of()), events.getFirst());
    List<Integer> steps =
        events.stream()
            .filter(TrainingEvent.StepDone.class::isInstance)
            .map(e -> ((TrainingEvent.StepDone) e).step())
            .toList();
    assertEquals(List.of(0, 1, 2), steps);
  }

  @Test
  void no_examples_other_shapes_and_wrong_labels_are_refused_before_training() {
    Trainer trainer = Trainer.of(Patterns.plain());
    var empty = assertThrows(ShapeException.class, () -> trainer.fit(TRAIN.first(0)));
    assertTrue(empty.getMessage().contains("no examples"), empty::getMessage);
    assertThrows(ShapeException.class, () -> trainer.fit(TRAIN, TEST.first(0)));
    Dataset large = Dataset.of(Tensor.zeros(Shape.of(2, 1, 9, 8)), new int[2], List.of());
    var shape = assertThrows(ShapeException.class, () -> trainer.fit(large));
    assertTrue(shape.getMessage().contains("[1, 9, 8]"), shape::getMessage);
    int[] classes = TRAIN.classes();
    classes[77] = 3;
    Dataset wrong = Dataset.of(TRAIN.examples(), classes, List.of());
    var label = assertThrows(ParameterException.class, () -> trainer.fit(wrong));
    assertTrue(label.getMessage().contains("example 77 has class number 3"), label::getMessage);
    assertThrows(ParameterException.class, () -> trainer.epochs(0));
    assertThrows(ParameterException.class, () -> trainer.batch(0));
    assertThrows(ParameterException.class, () -> trainer.accumulate(-1));
    assertThrows(ParameterException.class, () -> trainer.threads(0).fit(TRAIN));
  }

  @Test
  void one_class_alone_is_warned_of() {
    List<TrainingEvent> events = new ArrayList<>();
    Dataset alone = Dataset.of(TRAIN.examples(), new int[130], Patterns.LABELS);
    Trainer.of(Patterns.plain()).epochs(1).callback(events::add).fit(alone);
    assertTrue(events.get(1) instanceof TrainingEvent.Warned(String text) && text.contains("130"));
  }

  @Test
  void an_infinite_input_stops_training_with_the_step_and_leaves_everything_as_it_was() {
    Tensor examples = TRAIN.examples().copy();
    examples.array()[64 * 100] = Float.POSITIVE_INFINITY;
    Dataset bad = Dataset.of(examples, TRAIN.classes(), Patterns.LABELS);
    Model model = Patterns.rich(); // its batch norm spreads the fault to the whole batch
    Parameters start = Parameters.initialize(model, 1);
    Parameters before = start.copy();
    List<TrainingEvent> events = new ArrayList<>();
    List<TrainerState> stored = new ArrayList<>();
    Trainer trainer =
        Trainer.of(model)
            .from(start)
            .batch(10)
            .callback(events::add)
            .checkpoints(Checkpoints.to(new MemoryStore(stored)).everySteps(1));
    var e = assertThrows(NonFiniteException.class, () -> trainer.fit(bad));
    assertTrue(
        e.getMessage()
            .matches("epoch 0, step \\d+: the loss of example \\d+ is NaN.*dense1.*index.*"),
        e::getMessage);
    assertArrayEquals(before.array(), start.array());
    TrainerState last = ((TrainingEvent.Broken) events.getLast()).state();
    int done = (int) events.stream().filter(TrainingEvent.StepDone.class::isInstance).count();
    assertEquals(done, last.step());
    assertEquals(done, stored.size());
    if (done > 0) {
      assertArrayEquals(stored.getLast().parameters(), last.parameters());
    }
    for (float value : last.parameters()) {
      assertTrue(Float.isFinite(value));
    }
  }

  @Test
  void an_infinite_gradient_names_the_parameter() {
    // the square of 1e30 fits in a double loss, its gradient 2e30 · 1e20 does not fit in a float
    Dataset data =
        Dataset.of(Tensor.of(Shape.of(1, 2), 1e20f, 1), Tensor.of(Shape.of(1, 1), -1e30f));
    Model model = Model.input(2).dense(1).build();
    var e =
        assertThrows(
            NonFiniteException.class,
            () -> Trainer.of(model).loss(Loss.meanSquaredError()).fit(data));
    assertTrue(
        e.getMessage()
            .startsWith("epoch 0, step 0: the gradient of dense1.weight is Infinity at index 0"),
        e::getMessage);
  }

  @Test
  void weights_made_infinite_by_an_update_are_not_handed_on() {
    Dataset data = Dataset.of(Tensor.of(Shape.of(1, 1), 1e10f), Tensor.of(Shape.of(1, 1), 1e25f));
    Model model = Model.input(1).dense(1).build();
    List<TrainingEvent> events = new ArrayList<>();
    var e =
        assertThrows(
            NonFiniteException.class,
            () ->
                Trainer.of(model)
                    .loss(Loss.meanSquaredError())
                    .optimizer(Optimizer.sgd(1e5))
                    .callback(events::add)
                    .fit(data));
    assertTrue(e.getMessage().contains("made dense1.weight NaN or infinite"), e::getMessage);
    assertFalse(events.getLast() instanceof TrainingEvent.Broken);
  }

  @Test
  void a_limit_of_memory_changes_no_bit() {
    Trainer trainer = Trainer.of(Patterns.plain()).epochs(2).batch(64).seed(4);
    Parameters free = trainer.fit(TRAIN, TEST).parameters();
    var e = assertThrows(LimitException.class, () -> trainer.memoryLimit(1).fit(TRAIN, TEST));
    long least = e.needed().orElseThrow();
    assertTrue(e.getMessage().contains("needed at least " + least + ":"), e.getMessage());
    assertArrayEquals(
        free.array(), trainer.memoryLimit(least).fit(TRAIN, TEST).parameters().array());
    assertThrows(LimitException.class, () -> trainer.memoryLimit(least - 1).fit(TRAIN, TEST));
    assertThrows(ParameterException.class, () -> trainer.memoryLimit(0));
  }
}
