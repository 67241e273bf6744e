package dev.tarn.cli;

import dev.tarn.io.json.Json;
import dev.tarn.plan.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn summary`: layers, shapes, parameters, arithmetic and memory of a network.
@Command(
    name = "summary",
    description = "Print the layers of a network with shapes, parameters, arithmetic and memory.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SummaryCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(paramLabel = "MODEL", description = ModelSource.DESCRIPTION)
  String source = "";

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Samples that the memory is computed for; ${DEFAULT-VALUE} if not given.")
  int batch;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Override
  public void run() {
    Summary summary = Summary.of(ModelSource.of(source, tarn.console()).model(), batch);
    if (json) {
      tarn.console().json(json(summary));
    } else {
      tarn.console().line(summary.toString().stripTrailing());
    }
  }

  private static Json json(Summary summary) {
    List<Json> layers = new ArrayList<>();
    for (Summary.Row row : summary.rows()) {
      layers.add(
          Json.members()
              .with("name", row.name())
              .with("layer", row.layer())
              .with("inputs", Json.texts(row.inputs()))
              .with("output", Json.wholes(IntStream.of(row.output().toArray()).boxed().toList()))
              .with("parameters", row.parameters())
              .with("flops", row.flops()));
    }
    return Json.members()
        .with("layers", new Json.Items(layers))
        .with("batch", summary.batch())
        .with("parameters", summary.parameters())
        .with("flops", summary.flops())
        .with("activationBytes", summary.activationBytes())
        .with("inferenceBytes", summary.inferenceBytes())
        .with("trainingBytes", summary.trainingBytes());
  }
}
