package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.cli.Console.Ends;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// One run of the command line in this process: its exit code and all it printed.
record Session(int exit, String out, String err) {
  static Session of(String... args) {
    return of(Ends.ELSEWHERE, args);
  }

  static Session of(Ends ends, String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int exit = Tarn.run(new Console(out, ends, err, ends), args);
    return new Session(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /// The output of a run that must succeed and say nothing on standard error.
  static String output(String... args) {
    Session session = of(args);
    assertEquals("", session.err);
    assertEquals(0, session.exit, session.out);
    return session.out.strip();
  }

  /// Checks that the run failed with this code and one line on standard error with these parts.
  Session failed(int code, String... parts) {
    assertEquals(code, exit, err + out);
    assertEquals(1, err.lines().count(), err);
    for (String part : parts) {
      assertTrue(err.contains(part), "needed \"" + part + "\" in: " + err);
    }
    assertEquals("", out);
    return this;
  }
}
