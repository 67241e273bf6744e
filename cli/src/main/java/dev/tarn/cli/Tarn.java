package dev.tarn.cli;

import dev.tarn.layer.Profile;
import dev.tarn.plan.PlanOptions;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// `tarn`: trains, tests and explains convolutional networks.
@Command(
    name = "tarn",
    description = "Convolutional networks for the JVM, with the pooling layer at its heart.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      PoolCommand.class,
      SummaryCommand.class,
      ExplainCommand.class,
      DataCommand.class
    },
    sortOptions = false,
    footer = {
      "",
      "Exit codes: 0 done, 64 usage, 65 unfit input, 66 missing input, 70 a fault in Tarn,",
      "73 and 74 output that cannot be created or written, 130 and 143 interrupted."
    })
public final class Tarn implements Runnable {
  private static final long PATIENCE_SECONDS = 2;

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
      code = commandLine(console).execute(args);
      console.flush();
    } catch (OutputFault | Error e) {
      code = new Faults(console).report(e, "tarn", Arrays.asList(args));
    }
    return code;
  }

  static CommandLine commandLine(Console console) {
    var faults = new Faults(console);
    Ansi ansi = console.colours() ? Ansi.ON : Ansi.OFF;
    return new CommandLine(new Tarn(console))
        .setOut(console.out())
        .setErr(console.err())
        .setColorScheme(CommandLine.Help.defaultColorScheme(ansi))
        .setParameterExceptionHandler(faults)
        .setExecutionExceptionHandler(faults)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExpandAtFiles(false)
        .setOverwrittenOptionsAllowed(false)
        .registerConverter(Sizes.class, new Sizes.Converter())
        .registerConverter(Padding.class, new PaddingWord())
        .registerConverter(Divisor.class, new DivisorWord())
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
