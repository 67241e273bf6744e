package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.cli.Console.Ends;
import dev.tarn.error.CancelledException;
import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarnTest {
  @Test
  void everyKindOfFaultHasItsExitCode() {
    assertEquals(64, Exit.of(new ParameterException("")).code());
    for (var fault :
        List.of(
            new ShapeException(""),
            new FormatException(""),
            new UnsupportedException(""),
            new UnsafeException(""),
            new LimitException(""),
            new NonFiniteException(""))) {
      assertEquals(65, Exit.of(fault).code(), fault.getClass().getSimpleName());
    }
    assertEquals(66, Exit.of(new MissingInput("")).code());
    assertEquals(70, Exit.of(new IllegalStateException()).code());
    assertEquals(70, Exit.of(new StackOverflowError()).code());
    assertEquals(73, Exit.of(new StoreException("", new AccessDeniedException(""))).code());
    assertEquals(74, Exit.of(new StoreException("", new IOException("No space left"))).code());
    assertEquals(130, Exit.of(new CancelledException("")).code());
  }

  @Test
  void aFaultOfOurOwnAsksForAReportAndSaysWhere() {
    var err = new ByteArrayOutputStream();
    var console = new Console(OutputStream.nullOutputStream(), Ends.ELSEWHERE, err, Ends.ELSEWHERE);
    int exit =
        new Faults(console).report(new IllegalStateException("odd\n\u001b[31m"), "tarn", List.of());
    String said = err.toString(StandardCharsets.UTF_8);
    assertEquals(70, exit);
    assertEquals(1, said.lines().count(), said);
    assertTrue(said.contains("fault in Tarn: IllegalStateException: odd"), said);
    assertTrue(said.contains("TarnTest.java"), said);
    assertTrue(said.contains("Please report it"), said);
    assertFalse(said.contains("\u001b"), said);
  }

  @Test
  void debugPrintsTheStack() {
    Session session = Session.of("pool", "[[1]]", "--kind", "max", "--kernel", "3", "--debug");
    assertEquals(65, session.exit());
    assertTrue(session.err().contains("\tat dev.tarn."), session.err());
    session = Session.of("--debug", "pool", "[[1]]", "--kind", "max", "--kernel", "3");
    assertTrue(session.err().contains("\tat dev.tarn."), session.err());
  }

  @Test
  void withoutACommandItSaysWhichThereAre() {
    Session.of().failed(64, "which command?", "pool", "summary");
  }

  @ParameterizedTest
  @ValueSource(strings = {"trian", "--frob", "pol"})
  void unknownWordsAreUsageErrors(String word) {
    Session.of(word).failed(64, word);
  }

  @Test
  void everyCommandHasHelpWithAllItsOptions() {
    for (var command :
        Tarn.commandLine(
                new Console(
                    OutputStream.nullOutputStream(),
                    Ends.ELSEWHERE,
                    OutputStream.nullOutputStream(),
                    Ends.ELSEWHERE))
            .getSubcommands()
            .values()) {
      String help = Session.output(command.getCommandName(), "--help");
      for (var option : command.getCommandSpec().options()) {
        assertTrue(help.contains(option.longestName()), option.longestName());
      }
      assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }
  }

  @Test
  void coloursAreForTerminals() {
    assertFalse(Session.of("--help").out().contains("\u001b"));
    if (System.getenv("NO_COLOR") == null) {
      assertTrue(Session.of(Ends.TERMINAL, "--help").out().contains("\u001b"));
    }
  }

  @Test
  void standardOutputThatCannotBeWrittenIsAFault() {
    var err = new ByteArrayOutputStream();
    var full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    var console = new Console(full, Ends.ELSEWHERE, err, Ends.ELSEWHERE);
    assertEquals(74, Tarn.run(console, "pool", "[[1,2],[3,4]]", "--kind", "max"));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("No space left on device"));
    assertEquals(74, Tarn.run(new Console(full, Ends.ELSEWHERE, err, Ends.ELSEWHERE), "--help"));
  }
}
