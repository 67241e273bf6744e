package dev.tarn.cli;

import dev.tarn.io.json.Json;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import dev.tarn.plan.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn explain`: the plan of a network, step by step.
@Command(
    name = "explain",
    description =
        "Print how a network is run: one line per step with kernel, memory and arithmetic.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ExplainCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(paramLabel = "MODEL", description = ModelSource.DESCRIPTION)
  String source = "";

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "inference",
      description = "inference or training; ${DEFAULT-VALUE} if not given.")
  PlanOptions.Mode mode = PlanOptions.Mode.INFERENCE;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "The most samples of one run; ${DEFAULT-VALUE} if not given.")
  int batch;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Override
  public void run() {
    PlanOptions options =
        mode == PlanOptions.Mode.TRAINING
            ? PlanOptions.training(batch)
            : PlanOptions.inference(batch);
    Plan plan = Plan.of(ModelSource.of(source, tarn.console()).model(), options);
    if (json) {
      tarn.console().json(json(plan));
    } else {
      tarn.console().line(plan.explain().stripTrailing());
    }
  }

  private static Json json(Plan plan) {
    List<Json> steps = new ArrayList<>();
    Stream.concat(plan.forwardSteps().stream(), plan.backwardSteps().stream())
        .forEach(step -> steps.add(json(step)));
    return Json.members()
        .with("mode", Words.word(plan.options().mode()))
        .with("batch", plan.batch())
        .with("engine", plan.options().engine().name())
        .with("memoryBytes", plan.memory())
        .with("steps", new Json.Items(steps));
  }

  private static Json json(Step step) {
    return Json.members()
        .with("pass", Words.word(step.pass()))
        .with("layer", step.layers())
        .with("kernel", step.kernel().name())
        .with("refusals", Json.texts(step.choice().refusals()))
        .with("flops", step.flops());
  }
}
