package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.engine.Workers;
import dev.tarn.error.FormatException;
import dev.tarn.io.onnx.Conformance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn conformance`: runs a folder of ONNX operator tests.
@Command(
    name = "conformance",
    description = {
      "Run ONNX operator tests: folders with model.onnx and test_data_set_0/input_0.pb, output_0.pb, …",
      "Exits with 65 if a test fails; what Tarn does not support is counted and named, not a failure."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ConformanceCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(paramLabel = "DIR", description = "The folder of the tests, or of one test.")
  String folder = "";

  @Option(names = "--why", description = "Say of each test that did not pass what came instead.")
  boolean why;

  @Override
  public void run() {
    Path path = MissingInput.folder("tests", folder);
    List<Path> tests = Conformance.tests(path);
    if (tests.isEmpty()) {
      throw new MissingInput(
          "folder \"%s\" has no tests; needed folders with model.onnx.".formatted(quote(folder)));
    }
    List<String> failed = new ArrayList<>();
    List<String> unsupported = new ArrayList<>();
    int passed = 0;
    try (Workers workers = Workers.of(1)) { // operator tests are too small to share
      for (Path test : tests) {
        String name = String.valueOf(test.getFileName());
        switch (Conformance.run(test, workers)) {
          case Conformance.Outcome.Passed() -> passed++;
          case Conformance.Outcome.Failed(String reason) ->
              failed.add(why ? name + ": " + reason : name);
          case Conformance.Outcome.Unsupported(String reason) ->
              unsupported.add(why ? name + ": " + reason : name);
        }
      }
    }
    Console console = tarn.console();
    failed.forEach(name -> console.line("failed       " + name));
    unsupported.forEach(name -> console.line("unsupported  " + name));
    console.line(
        "%d passed, %d failed, %d unsupported"
            .formatted(passed, failed.size(), unsupported.size()));
    if (!failed.isEmpty()) {
      throw new FormatException("%d operator tests failed.".formatted(failed.size()));
    }
  }
}
