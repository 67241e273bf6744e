package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.model.Model;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The network of the textbooks, from description to prediction, in at most a dozen lines that code
/// completion alone can find.
class TwelveLinesTest {
  @Test
  void the_textbook_network_is_described_trained_evaluated_and_asked() {
    Tensor images = squares(600);
    int[] classes = IntStream.range(0, 600).map(i -> i % 10).toArray();
    List<String> names = IntStream.range(0, 10).mapToObj(i -> "place " + i).toList();

    Dataset data = Dataset.of(images, classes, names);
    Model textbook =
        Model.input(1, 28, 28).conv(3, 5).relu().maxPool(2).flatten().dense(10).build();
    Training training =
        Trainer.of(textbook)
            .optimizer(Optimizer.adam(0.01))
            .epochs(4)
            .batch(20)
            .fit(data.subset(0, 500));
    Evaluation evaluation = training.evaluate(data.subset(500, 600));
    Prediction prediction = training.predictor().classify(images.slice(507, 508));

    assertTrue(evaluation.accuracy() >= 0.97, evaluation::toString);
    assertEquals("place 7", prediction.label());
    assertTrue(prediction.probability() > 0.5, prediction::toString);
  }

  /// A bright square at one of ten places, on noise.
  private static Tensor squares(int count) {
    SeededRandom random = SeededRandom.of(5);
    Tensor images = Tensor.zeros(Shape.of(count, 1, 28, 28));
    for (int n = 0; n < count; n++) {
      for (int y = 0; y < 28; y++) {
        for (int x = 0; x < 28; x++) {
          boolean inside = y / 14 == n % 10 / 5 && x / 5 == n % 5;
          images.set((float) ((inside ? 1 : 0) + 0.2 * random.gaussian()), n, 0, y, x);
        }
      }
    }
    return images;
  }
}
