package dev.tarn.cli;

import dev.tarn.error.TarnException;
import dev.tarn.layer.Profile;
import dev.tarn.plan.PlanOptions;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `tarn`: trains, tests and explains convolutional networks.
@Command(
    name = "tarn",
    description = "Convolutional networks for the JVM, with the pooling layer at its heart.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Exit codes: 0 done, 64 usage, 65 unfit input, 66 missing input, 70 a fault in Tarn,",
      "73 and 74 output that cannot be created or written, 130 and 143 interrupted."
    })
public final class Tarn implements Runnable {
  private static final long PATIENCE_SECONDS = 2;

  private static final List<String> COMMANDS =
      List.of(
          "train",
          "evaluate",
          "predict",
          "pool",
          "summary",
          "explain",
          "data",
          "bench",
          "run",
          "convert",
          "conformance");

  private final Console console;

  @Spec CommandSpec spec;

  @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack of a fault.")
  boolean debug;

  Tarn(Console console) {
    this.console = console;
  }

  Console console() {
    return console;
  }

  /// Without a command: what there is, on standard error, since something is missing.
  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "which command? There are " + String.join(", ", spec.subcommands().keySet()));
  }

  /// Runs one command line and returns its exit code.
  static int run(Console console, String... args) {
    int code;
    try {
      if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
        for (String line : new Version().getVersion()) { // without setting up what it does not need
          console.line(line);
        }
        console.flush();
        return Exit.OK.code();
      }
      code = commandLine(console, wanted(args)).execute(args);
      console.flush();
    } catch (OutputFault | Error e) {
      code = new Faults(console).report(e, "tarn", Arrays.asList(args));
    }
    return code;
  }

  /// The commands that may be meant: the one that is named, which is faster to set up than all.
  private static List<String> wanted(String... args) {
    return Arrays.stream(args)
        .filter(arg -> !arg.startsWith("-"))
        .findFirst()
        .filter(COMMANDS::contains)
        .map(List::of)
        .orElse(COMMANDS);
  }

  private static Object command(String name) {
    return switch (name) {
      case "train" -> new TrainCommand();
      case "evaluate" -> new EvaluateCommand();
      case "predict" -> new PredictCommand();
      case "pool" -> new PoolCommand();
      case "summary" -> new SummaryCommand();
      case "explain" -> new ExplainCommand();
      case "data" -> new DataCommand();
      case "bench" -> new BenchCommand();
      case "run" -> new RunCommand();
      case "convert" -> new ConvertCommand();
      case "conformance" -> new ConformanceCommand();
      default -> throw new IllegalArgumentException(name);
    };
  }

  static CommandLine commandLine(Console console) {
    return commandLine(console, COMMANDS);
  }

  private static CommandLine commandLine(Console console, List<String> names) {
    var faults = new Faults(console);
    Ansi ansi = console.colours() ? Ansi.ON : Ansi.OFF;
    var commandLine = new CommandLine(new Tarn(console));
    names.forEach(name -> commandLine.addSubcommand(name, command(name)));
    return commandLine
        .setOut(console.out())
        .setErr(console.err())
        .setColorScheme(CommandLine.Help.defaultColorScheme(ansi))
        .setParameterExceptionHandler(faults)
        .setExecutionExceptionHandler(faults)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExpandAtFiles(false)
        .setOverwrittenOptionsAllowed(false)
        .registerConverter(Sizes.class, new Sizes.Converter())
        .registerConverter(Padding.class, refusing(new PaddingWord()))
        .registerConverter(Divisor.class, refusing(new DivisorWord()))
        .registerConverter(
            TrainOptions.OptimizerName.class, new Words<>(TrainOptions.OptimizerName.class))
        .registerConverter(EvaluateCommand.Split.class, new Words<>(EvaluateCommand.Split.class))
        .registerConverter(PoolOptions.Kind.class, new Words<>(PoolOptions.Kind.class))
        .registerConverter(Rounding.class, new Words<>(Rounding.class))
        .registerConverter(Profile.class, new Words<>(Profile.class))
        .registerConverter(NanPolicy.class, new Words<>(NanPolicy.class))
        .registerConverter(Ties.class, new Words<>(Ties.class))
        .registerConverter(PlanOptions.Mode.class, new Words<>(PlanOptions.Mode.class));
  }

  /// The same converter, whose refusals picocli reports as it reports those of its own.
  private static <T> ITypeConverter<T> refusing(ITypeConverter<T> converter) {
    return text -> {
      try {
        return converter.convert(text);
      } catch (TarnException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    };
  }

  /// The program. Interrupting it (Ctrl-C, SIGTERM) cancels the command and gives it two seconds to
  /// end in order; the JVM then ends with 128 plus the signal.
  public static void main(String[] args) {
    // In some locales even %d prints other digits than 0 to 9.
    Locale.setDefault(Locale.ROOT);
    Stderr.useDescriptorOfLauncher();
    var console = Console.ofProcess();
    Thread command = Thread.currentThread();
    var done = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("tarn-shutdown")
                .unstarted(() -> {
                  if (done.getCount() == 0) {
                    return;
                  }
                  command.interrupt();
                  try {
                    boolean ended = done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    assert ended || done.getCount() == 1;
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    int code = run(console, args);
    done.countDown();
    System.exit(code);
  }
}
