package dev.tarn.io.model;

import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.safetensors.SafeTensorsWriter;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.train.EpochResult;
import dev.tarn.train.Schedule;
import dev.tarn.train.TrainerState;
import java.util.ArrayList;
import java.util.List;

/// The state of a training as JSON (its numbers, exactly) and as arrays under the parameters'
/// names.
///
/// The weights one predicts with are not here but in the file's `weights.safetensors`: the best so
/// far if there are any, and then the current ones are here under `current/`.
final class TrainingJson {
  private static final String CURRENT = "current/";
  private static final int MOST_SLOTS = 8;

  private TrainingJson() {}

  static Json write(TrainerState state) {
    var history = new ArrayList<Json>();
    for (EpochResult epoch : state.history()) {
      history.add(
          Json.members()
              .with("epoch", epoch.epoch())
              .with("rate", JsonCursor.real(epoch.rate()))
              .with("loss", JsonCursor.real(epoch.loss()))
              .with("accuracy", JsonCursor.real(epoch.accuracy()))
              .with("validationLoss", JsonCursor.real(epoch.validationLoss()))
              .with("validationAccuracy", JsonCursor.real(epoch.validationAccuracy())));
    }
    return Json.members()
        .with("seed", state.seed())
        .with("examples", state.examples())
        .with("stepSize", state.stepSize())
        .with("epoch", state.epoch())
        .with("step", state.step())
        .with("updates", state.updates())
        .with("optimizer", state.optimizer())
        .with("slots", state.slots().size())
        .with(
            "schedule",
            Json.members()
                .with("best", JsonCursor.real(state.schedule().best()))
                .with("waiting", state.schedule().waiting())
                .with("factor", JsonCursor.real(state.schedule().factor())))
        .with(
            "sums",
            Json.members()
                .with("loss", JsonCursor.real(state.sums().loss()))
                .with("weight", JsonCursor.real(state.sums().weight()))
                .with("correct", state.sums().correct())
                .with("seen", state.sums().seen())
                .with("rate", JsonCursor.real(state.sums().rate())))
        .with("history", new Json.Items(history))
        .with("bestEpoch", state.bestEpoch());
  }

  static boolean hasBest(TrainerState state) {
    return state.bestParameters().length > 0;
  }

  /// What one predicts with.
  static float[] weights(TrainerState state) {
    return hasBest(state) ? state.bestParameters() : state.parameters();
  }

  static SafeTensorsWriter arrays(TrainerState state, Model model) {
    var writer = new SafeTensorsWriter();
    if (hasBest(state)) {
      Weights.add(writer, CURRENT, model, state.parameters());
    }
    for (int slot = 0; slot < state.slots().size(); slot++) {
      Weights.add(writer, slot(slot), model, state.slots().get(slot));
    }
    return writer;
  }

  private static String slot(int number) {
    return "slot%d/".formatted(number);
  }

  /// @param weights the file's own weights
  static TrainerState read(JsonCursor at, SafeTensors arrays, Parameters weights) {
    at.only(
        "seed",
        "examples",
        "stepSize",
        "epoch",
        "step",
        "updates",
        "optimizer",
        "slots",
        "schedule",
        "sums",
        "history",
        "bestEpoch");
    Model model = weights.model();
    int count = (int) at.get("slots").whole(0, MOST_SLOTS);
    boolean best = arrays.names().stream().anyMatch(name -> name.startsWith(CURRENT));
    List<float[]> slots = new ArrayList<>();
    for (int slot = 0; slot < count; slot++) {
      slots.add(array(at.file(), arrays, slot(slot), model));
    }
    float[] parameters = best ? array(at.file(), arrays, CURRENT, model) : weights.array();
    JsonCursor schedule = at.get("schedule").only("best", "waiting", "factor");
    JsonCursor sums = at.get("sums").only("loss", "weight", "correct", "seen", "rate");
    return new TrainerState(
        at.get("seed").whole(Long.MIN_VALUE, Long.MAX_VALUE),
        count(at, "examples"),
        count(at, "stepSize"),
        count(at, "epoch"),
        count(at, "step"),
        at.get("updates").whole(0, Long.MAX_VALUE),
        parameters,
        at.get("optimizer").text(),
        slots,
        new Schedule.State(
            schedule.get("best").real(), count(schedule, "waiting"), schedule.get("factor").real()),
        new TrainerState.Sums(
            sums.get("loss").real(),
            sums.get("weight").real(),
            sums.get("correct").whole(0, Long.MAX_VALUE),
            sums.get("seen").whole(0, Long.MAX_VALUE),
            sums.get("rate").real()),
        at.get("history").list(TrainingJson::epoch),
        (int) at.get("bestEpoch").whole(-1, Integer.MAX_VALUE),
        best ? weights.array() : new float[0]);
  }

  private static float[] array(String file, SafeTensors arrays, String prefix, Model model) {
    var values = Parameters.zeros(Weights.requireMatch(file, arrays, prefix, model));
    Weights.fill(arrays, prefix, values);
    return values.array();
  }

  private static EpochResult epoch(JsonCursor at) {
    at.only("epoch", "rate", "loss", "accuracy", "validationLoss", "validationAccuracy");
    return new EpochResult(
        count(at, "epoch"),
        at.get("rate").real(),
        at.get("loss").real(),
        at.get("accuracy").real(),
        at.get("validationLoss").real(),
        at.get("validationAccuracy").real());
  }

  private static int count(JsonCursor at, String name) {
    return (int) at.get(name).whole(0, Integer.MAX_VALUE);
  }
}
