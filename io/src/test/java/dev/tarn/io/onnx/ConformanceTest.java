package dev.tarn.io.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The operator tests of ONNX, a selection of them (src/test/onnx/record_tests.py).
final class ConformanceTest {
  private static final Path FOLDER = Path.of("src/test/resources/onnx/node");

  static List<Path> tests() {
    return Conformance.tests(FOLDER);
  }

  @Test
  void thereAreTestsOfEveryFamily() {
    assertTrue(tests().size() > 150, () -> tests().size() + " tests");
  }

  @ParameterizedTest
  @MethodSource("tests")
  void operator(Path test) {
    try (Workers workers = Workers.of(1)) {
      assertEquals(new Conformance.Outcome.Passed(), Conformance.run(test, workers));
    }
  }

  @Test
  void aWrongAnswerFails(@TempDir Path folder) throws IOException {
    Path good = FOLDER.resolve("test_relu");
    Path set = Files.createDirectory(folder.resolve("test_data_set_0"));
    Files.copy(good.resolve("model.onnx"), folder.resolve("model.onnx"));
    Files.copy(good.resolve("test_data_set_0/input_0.pb"), set.resolve("input_0.pb"));
    Files.copy(good.resolve("test_data_set_0/input_0.pb"), set.resolve("output_0.pb"));
    try (Workers workers = Workers.of(1)) {
      var outcome = Conformance.run(folder, workers);
      var failed = assertInstanceOf(Conformance.Outcome.Failed.class, outcome);
      assertTrue(failed.why().contains("expected -"), failed.why());
      Files.delete(set.resolve("output_0.pb"));
      assertInstanceOf(Conformance.Outcome.Failed.class, Conformance.run(folder, workers));
    }
  }
}
