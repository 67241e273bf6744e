package dev.tarn.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import dev.tarn.io.data.DataCatalog;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Optimizer;
import dev.tarn.train.Trainer;
import dev.tarn.train.Training;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A network that learned MNIST here says the same of every test image in ONNX Runtime.
class MnistInOnnxRuntimeTest {
  private static final int CLASSES = 10;
  private static final double TOLERANCE = 1e-4;

  @TempDir Path folder;

  /// As the tests of `io` look for it: `-Dtests.shared.data=DIR`, else `../shared/data` of the
  /// repository.
  private static Path mnist() {
    String given = System.getProperty("tests.shared.data");
    Path at = Path.of("").toAbsolutePath();
    while (at.getParent() != null && !Files.exists(at.resolve(".git"))) {
      at = at.getParent();
    }
    Path data = given != null ? Path.of(given) : at.resolve("../shared/data").normalize();
    if (!Files.isDirectory(data.resolve("mnist"))) {
      System.err.println(
          "SKIPPED, NO REAL DATA: %s is missing; give -Dtests.shared.data=DIR to compare predictions of MNIST with ONNX Runtime."
              .formatted(data.resolve("mnist")));
      Assumptions.abort("no real data at " + data);
    }
    return data.resolve("mnist");
  }

  @Test
  void allTestImagesGetTheSameClass() throws OrtException {
    DataSplits splits =
        DataCatalog.standard()
            .dataFolder(mnist())
            .withoutDownloads()
            .open("mnist", Zoo.TEXTBOOK2.input());
    Training training =
        Trainer.of(Zoo.TEXTBOOK2.model())
            .optimizer(Optimizer.sgd(0.02).momentum(0.9))
            .epochs(1)
            .batch(32)
            .fit(splits.training());
    Path file = folder.resolve("mnist.onnx");
    OnnxWriter.standard().write(file, training.parameters());

    Dataset test = splits.test();
    Tensor images = Tensor.zeros(test.shape().batch(test.size()));
    for (int i = 0; i < test.size(); i++) {
      test.read(i, 0, images.array(), i * test.shape().arraySize());
    }
    float[] ours = training.predictor().predict(images).array();
    float[] theirs = OnnxRuntime.run(file, training.model(), List.of(images)).getFirst();
    assertEquals(Shape.of(test.size(), CLASSES).arraySize(), theirs.length);

    int correct = 0;
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < test.size(); i++) {
      assertEquals(best(theirs, i), best(ours, i), "class of test image " + i);
      correct += best(ours, i) == test.label(i) ? 1 : 0;
    }
    for (int i = 0; i < ours.length; i++) {
      difference = Math.max(difference, Math.abs((double) ours[i] - theirs[i]));
      largest = Math.max(largest, Math.abs((double) theirs[i]));
    }
    System.out.printf(
        Locale.ROOT,
        "MNIST in ONNX Runtime: %d of %d classes equal, %d correct; scores up to %.1f differ by at most %.2g%n",
        test.size(),
        test.size(),
        correct,
        largest,
        difference);
    assertTrue(correct > 0.97 * test.size(), "it learned: " + correct);
    assertTrue(difference <= TOLERANCE * largest, difference + " of " + largest);
  }

  private static int best(float[] scores, int example) {
    int best = 0;
    for (int c = 1; c < CLASSES; c++) {
      if (scores[example * CLASSES + c] > scores[example * CLASSES + best]) {
        best = c;
      }
    }
    return best;
  }
}
