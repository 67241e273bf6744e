package dev.tarn.cli;

import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Where a command prints: results on standard output, everything else on standard error, both as
/// UTF-8.
///
/// Unlike [java.io.PrintStream] it does not swallow faults of standard output: [#flush] throws.
final class Console {
  /// Whether a stream ends at a person's terminal or in a file or pipe.
  enum Ends {
    TERMINAL,
    ELSEWHERE
  }

  private final Remembering results;
  private final PrintWriter out;
  private final PrintWriter err;
  private final Ends outEnds;
  private final Ends errEnds;

  Console(OutputStream out, Ends outEnds, OutputStream err, Ends errEnds) {
    this.results = new Remembering(out);
    this.out = writer(results, outEnds);
    this.err = writer(err, Ends.TERMINAL);
    this.outEnds = outEnds;
    this.errEnds = errEnds;
  }

  /// The console of this process. The launcher says what is a terminal.
  static Console ofProcess() {
    return new Console(
        new FileOutputStream(FileDescriptor.out),
        ends("tarn.terminal.out"),
        new FileOutputStream(FileDescriptor.err),
        ends("tarn.terminal.err"));
  }

  private static Ends ends(String property) {
    return Boolean.getBoolean(property) ? Ends.TERMINAL : Ends.ELSEWHERE;
  }

  private static PrintWriter writer(OutputStream stream, Ends ends) {
    return new PrintWriter(
        new OutputStreamWriter(stream, StandardCharsets.UTF_8), ends == Ends.TERMINAL);
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  /// One line of a result.
  void line(String text) {
    out.print(text + "\n");
    if (outEnds == Ends.TERMINAL) {
      out.flush();
    }
  }

  /// One value for machines, on one line and sent at once.
  void json(Json value) {
    out.print(JsonText.compact(value) + "\n");
    flush();
  }

  /// One line on standard error.
  void note(String text) {
    err.print(text + "\n");
    err.flush();
  }

  /// Text on standard error that the next one overwrites; nothing unless that is a terminal.
  void fleeting(String text) {
    if (errEnds == Ends.TERMINAL) {
      err.print("\r\u001b[K" + text);
      err.flush();
    }
  }

  boolean hasTerminalForErrors() {
    return errEnds == Ends.TERMINAL;
  }

  /// Whether colours are wanted: on a terminal, unless the environment says NO_COLOR
  /// (no-color.org).
  boolean colours() {
    String refused = System.getenv("NO_COLOR");
    return outEnds == Ends.TERMINAL && (refused == null || refused.isEmpty());
  }

  String bold(String text) {
    return colours() ? "\u001b[1m" + text + "\u001b[0m" : text;
  }

  String dim(String text) {
    return colours() ? "\u001b[2m" + text + "\u001b[0m" : text;
  }

  String green(String text) {
    return colours() ? "\u001b[32m" + text + "\u001b[0m" : text;
  }

  /// Sends everything printed so far.
  ///
  /// @throws OutputFault if that, or anything before, failed
  void flush() {
    out.flush();
    IOException first = results.first;
    if (first != null) {
      throw new OutputFault(first);
    }
  }

  /// Keeps the first fault, which the writers around it forget.
  private static final class Remembering extends FilterOutputStream {
    private @Nullable IOException first;

    Remembering(OutputStream to) {
      super(to);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (first != null) {
        return;
      }
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        first = e;
      }
    }
  }
}
