package dev.tarn.cli;

import dev.tarn.cli.bench.Bench;
import dev.tarn.error.ParameterException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn bench`: times pooling, convolution, prediction and training under names that other
/// frameworks' timings share.
@Command(
    name = "bench",
    description = {
      "Time named cases, each checked against the reference engine first.",
      "Standard output has a line `tarn<TAB>case<TAB>milliseconds` (the median) per case,",
      "standard error the rates and the limits of this machine."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(
      paramLabel = "NAME-PART",
      arity = "0..*",
      description = "Run the cases whose names hold one of these; all if there are none.")
  List<String> parts = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads for the kernels; as many as processors if not given.")
  @Nullable Integer threads;

  @Option(names = "--list", description = "Print the names and run nothing.")
  boolean list;

  @Override
  public void run() {
    Threads.require(threads);
    Console console = tarn.console();
    if (list) {
      Bench.names().forEach(console::line);
      return;
    }
    Bench bench = new Bench(parts, Threads.orAll(threads));
    if (bench.isEmpty()) {
      throw new ParameterException(
          "bench: no case has a name with %s in it; --list prints all.".formatted(parts));
    }
    bench.run(
        line -> {
          console.line(line);
          console.flush();
        },
        console::note);
  }
}
