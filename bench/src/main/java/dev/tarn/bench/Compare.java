package dev.tarn.bench;

import dev.tarn.cli.bench.Bench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// Runs the named cases in every library that has them, each in a process of its own, and prints
/// one table: medians in milliseconds, and bytes allocated on the Java heap, per run or step.
///
/// `bench/compare [--threads N] [--seconds S] [NAME-PART…]`
public final class Compare {
  private final List<Library> libraries = Library.all();
  private final int threads;
  private final TimeValue time;

  /// @param threads that each library may use
  /// @param time to measure a case in a library; warming it up takes as long again
  Compare(int threads, TimeValue time) {
    this.threads = threads;
    this.time = time;
  }

  /// @throws RunnerException if a case fails
  /// @throws IOException if JMH's own output cannot be kept
  public static void main(String[] arguments) throws RunnerException, IOException {
    List<String> parts = new ArrayList<>();
    int threads = Runtime.getRuntime().availableProcessors();
    int seconds = 3;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--threads" -> threads = Integer.parseInt(arguments[++i]);
        case "--seconds" -> seconds = Integer.parseInt(arguments[++i]);
        default -> parts.add(arguments[i]);
      }
    }
    var compare = new Compare(threads, TimeValue.seconds(seconds));
    System.out.println(compare.header());
    for (String name : Bench.names()) {
      if (parts.isEmpty() || parts.stream().anyMatch(name::contains)) {
        System.out.println(compare.row(name));
      }
    }
  }

  /// The names of the columns, between tabs.
  String header() {
    Stream<String> columns = libraries.stream().map(l -> "\t%s ms\tbytes".formatted(l.name()));
    return "case" + String.join("", columns.toList());
  }

  /// A case in all libraries; empty where a library does not have it.
  String row(String name) throws RunnerException, IOException {
    var text = new StringBuilder(name);
    for (Library library : libraries) {
      text.append(library.has(name) ? cells(library, name) : "\t\t");
    }
    return text.toString();
  }

  private String cells(Library library, String name) throws RunnerException, IOException {
    Path log = Files.createTempFile("compare", ".log");
    try {
      RunResult run =
          new Runner(
                  options(library.name(), name)
                      .warmupTime(time)
                      .measurementTime(time)
                      .output(log.toString())
                      .build())
              .runSingle();
      Result<?> bytes = run.getSecondaryResults().get("gc.alloc.rate.norm");
      int times = library.times(name);
      return String.format(
          Locale.ROOT,
          "\t%.4f\t%.0f",
          run.getPrimaryResult().getStatistics().getPercentile(50) / times,
          bytes == null ? Double.NaN : bytes.getScore() / times);
    } catch (RunnerException e) {
      System.err.print(Files.readString(log));
      throw e;
    } finally {
      Files.delete(log);
    }
  }

  /// One case in one library, with the bytes that it allocates.
  ChainedOptionsBuilder options(String library, String name) {
    return new OptionsBuilder()
        .include(NamedCase.class.getName())
        .param("library", library)
        .param("name", name)
        .param("threads", Integer.toString(threads))
        .addProfiler(GCProfiler.class)
        .shouldFailOnError(true);
  }
}
