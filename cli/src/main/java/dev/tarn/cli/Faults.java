package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.TarnException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns everything that goes wrong into one line on standard error and an exit code; `--debug`
/// adds the stack.
final class Faults implements IParameterExceptionHandler, IExecutionExceptionHandler {
  private final Console console;

  Faults(Console console) {
    this.console = console;
  }

  @Override
  public int handleParseException(ParameterException fault, String[] args) {
    CommandLine command = fault.getCommandLine();
    String message = oneLine(fault.getMessage());
    if (fault instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
    }
    String name = command.getCommandSpec().qualifiedName();
    console.note(
        "%s: %s. \"%s --help\" lists what is possible.".formatted(name, trim(message), name));
    if (Arrays.asList(args).contains("--debug")) {
      fault.printStackTrace(console.err());
    }
    return Exit.USAGE.code();
  }

  @Override
  public int handleExecutionException(Exception fault, CommandLine command, ParseResult parsed) {
    return report(fault, command.getCommandSpec().qualifiedName(), parsed.expandedArgs());
  }

  /// Says what went wrong and returns the exit code.
  int report(Throwable fault, String name, Iterable<String> args) {
    Exit exit = Exit.of(fault);
    boolean pipeClosed =
        fault instanceof OutputFault && String.valueOf(fault.getMessage()).contains("Broken pipe");
    if (!pipeClosed) { // as in "tarn … | head": the reader has had enough
      console.fleeting("");
      console.note(name + ": " + describe(fault, exit));
    }
    for (String arg : args) {
      if (arg.equals("--debug")) {
        fault.printStackTrace(console.err());
        console.err().flush();
      }
    }
    return exit.code();
  }

  private static String describe(Throwable fault, Exit exit) {
    String message = fault.getMessage() == null ? "" : oneLine(fault.getMessage());
    return switch (fault) {
      case TarnException e -> message;
      case MissingInput e -> message;
      case OutputFault e -> message;
      case OutOfMemoryError e ->
          "not enough memory (%s). Use a smaller --batch, or give Java more: TARN_JAVA_OPTS=-Xmx8g."
              .formatted(message);
      case NoSuchFileException e -> "\"%s\": there is no such file.".formatted(message);
      case InvalidPathException e -> "not a possible file name: " + message;
      case IOException e when exit != Exit.BUG ->
          "%s: %s".formatted(e.getClass().getSimpleName(), message);
      default ->
          "this is a fault in Tarn: %s%s%s. Please report it, with what --debug prints."
              .formatted(
                  fault.getClass().getSimpleName(),
                  message.isEmpty() ? "" : ": " + message,
                  place(fault));
    };
  }

  private static String place(Throwable fault) {
    StackTraceElement[] stack = fault.getStackTrace();
    return stack.length == 0 ? "" : " (at " + stack[0] + ")";
  }

  private static String oneLine(String message) {
    return String.join(" ", message.lines().map(l -> quoteLong(l.strip())).toList());
  }

  /// Messages of our own are longer than [TarnException#quote] allows, so they go through in parts.
  private static String quoteLong(String line) {
    StringBuilder safe = new StringBuilder();
    int[] points = line.codePoints().toArray();
    for (int from = 0; from < points.length; from += 100) {
      safe.append(quote(new String(points, from, Math.min(100, points.length - from))));
    }
    return safe.toString();
  }

  private static String trim(String message) {
    return message.endsWith(".") || message.endsWith("?")
        ? message.substring(0, message.length() - 1)
        : message;
  }
}
