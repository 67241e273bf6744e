package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.json.JsonCursor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCommandsTest {
  @Test
  void summaryShowsTheTextbooksShapes() {
    String out = Session.output("summary", "textbook");
    assertTrue(out.contains("[3, 24, 24]"), out);
    assertTrue(out.contains("[3, 12, 12]"), out);
    assertTrue(out.contains("4408"), out);
  }

  @Test
  void summaryForMachines() {
    JsonCursor json = JsonCursor.parse("stdout", Session.output("summary", "lenet5", "--json"));
    assertEquals(61_706, json.get("parameters").whole(0, Long.MAX_VALUE));
    assertEquals("input", json.get("layers").items().getFirst().get("name").text());
  }

  @Test
  void memoryGrowsWithTheBatch() {
    assertTrue(inferenceBytes("1024") > 2 * inferenceBytes("1"));
  }

  private static long inferenceBytes(String batch) {
    return JsonCursor.parse(
            "stdout", Session.output("summary", "textbook2", "--batch", batch, "--json"))
        .get("inferenceBytes")
        .whole(1, Long.MAX_VALUE);
  }

  @Test
  void explainShowsOneLineForEveryStep() {
    String out = Session.output("explain", "textbook");
    assertTrue(out.startsWith("plan for inference, batch 1"), out);
    assertTrue(out.contains("conv1") && out.contains("pool1") && out.contains("dense1"), out);
    String training = Session.output("explain", "textbook", "--mode", "training", "--batch", "32");
    assertTrue(training.contains("backward"), training);
    assertTrue(training.contains("batch 32"), training);
    JsonCursor json = JsonCursor.parse("stdout", Session.output("explain", "textbook", "--json"));
    assertEquals("forward", json.get("steps").items().getFirst().get("pass").text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"summary", "explain"})
  void unknownModelsAreNamed(String command) {
    Session.of(command, "alexnetty").failed(66, "alexnetty", "textbook2");
    Session.of(command, "textbook", "--batch", "0").failed(64, "batch is 0");
    Session.of(command).failed(64, "MODEL");
  }
}
