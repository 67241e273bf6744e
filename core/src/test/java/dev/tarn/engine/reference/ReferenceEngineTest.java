package dev.tarn.engine.reference;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.Trial;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The reference engine on its own: what it answers is checked by hand examples, naive formulas and
/// gradients elsewhere; here, that threads change no bit and that nothing stays unwritten.
final class ReferenceEngineTest {
  static List<Trial> table() {
    return EngineContract.table();
  }

  @ParameterizedTest
  @MethodSource("table")
  void threadsChangeNoBit(Trial trial) {
    EngineContract.check(new ReferenceEngine(), trial);
  }

  @ParameterizedTest
  @MethodSource("table")
  void writesEveryElement(Trial trial) {
    try (Workers workers = Workers.of(1)) {
      Frame frame = trial.run(new ReferenceEngine(), workers);
      for (Buffer buffer : trial.buffers()) {
        boolean unsaved =
            trial.toString().startsWith("empty_batch") && buffer.name().equals("saved");
        if (buffer.space() != Space.BYTES && !unsaved) {
          for (float value : trial.read(frame, buffer)) {
            assertFalse(Float.isNaN(value), () -> buffer + " of " + trial + " has a NaN");
          }
        }
      }
    }
  }
}
