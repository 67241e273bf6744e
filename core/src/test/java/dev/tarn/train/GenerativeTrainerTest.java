package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ShapeException;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerativeTrainerTest {
  private static final int SIDE = 8;

  /// Bars: either the left or the right half of the picture is bright.
  private static Dataset bars(int count) {
    var random = SeededRandom.of(3);
    Tensor images = Tensor.zeros(Shape.of(count, 1, SIDE, SIDE));
    for (int n = 0; n < count; n++) {
      int from = random.nextInt(2) * SIDE / 2;
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE / 2; x++) {
          images.array()[(n * SIDE + y) * SIDE + from + x] = 1;
        }
      }
    }
    return Dataset.of(images, new int[count], List.of("bar"));
  }

  private static GenerativeTrainer adversarial() {
    Model generator =
        Model.input(6)
            .dense(32)
            .relu()
            .then(new Reshape(Shape.of(8, 2, 2)))
            .then(TransposedConv.of(8, 4).stride(2).padding(1))
            .batchNorm()
            .relu()
            .then(TransposedConv.of(1, 4).stride(2).padding(1))
            .activate(Activation.TANH)
            .build();
    Model discriminator =
        Model.input(1, SIDE, SIDE)
            .then(Conv.of(8, 4).stride(2).padding(1))
            .activate(Activation.leakyRelu(0.2))
            .flatten()
            .dense(1)
            .build();
    return GenerativeTrainer.adversarial(generator, discriminator).batch(16).threads(1);
  }

  private static GenerativeTrainer variational() {
    Node x = Model.input(1, SIDE, SIDE).flatten().dense(32).relu();
    Model encoder = Model.of(x.dense(2).named("mean"), x.dense(2).named("logVariance"));
    Model decoder =
        Model.input(2)
            .dense(32)
            .relu()
            .dense(SIDE * SIDE)
            .then(new Reshape(Shape.of(1, SIDE, SIDE)))
            .build();
    return GenerativeTrainer.variational(encoder, decoder).batch(16).threads(1);
  }

  /// How bright the left and the right half are: far apart for a bar, alike for anything else.
  private static double contrast(Tensor samples, int n) {
    double left = 0;
    double right = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
      double value = samples.array()[n * SIDE * SIDE + i];
      if (i % SIDE < SIDE / 2) {
        left += value;
      } else {
        right += value;
      }
    }
    return Math.abs(left - right) / (SIDE * SIDE / 2.0);
  }

  private static double meanContrast(Generative result) {
    Tensor samples = result.samples(64, 5);
    double sum = 0;
    for (int n = 0; n < 64; n++) {
      sum += contrast(samples, n);
    }
    return sum / 64;
  }

  @Test
  void autoencoderLearnsToMakeBars() {
    List<Map<String, Double>> losses = new ArrayList<>();
    Generative result =
        variational().epochs(30).listener(s -> losses.add(s.losses())).fit(bars(320));
    assertTrue(meanContrast(result) > 0.6, "contrast " + meanContrast(result));
    assertTrue(losses.getLast().get("reconstruction") < losses.getFirst().get("reconstruction"));
    assertTrue(losses.getLast().get("divergence") > 0.3, "codes must say which bar it is");
  }

  @Test
  void adversariesLearnToMakeBars() {
    Generative result =
        adversarial().optimizer(Optimizer.adam(2e-3).betas(0.5, 0.999)).epochs(30).fit(bars(320));
    assertTrue(meanContrast(result) > 0.6, "contrast " + meanContrast(result));
  }

  @Test
  void threadsChangeNoBit() {
    for (GenerativeTrainer trainer : List.of(adversarial(), variational())) {
      Generative one = trainer.epochs(2).fit(bars(40));
      Generative three = trainer.epochs(2).threads(3).fit(bars(40));
      assertArrayEquals(one.parameters().array(), three.parameters().array());
      assertArrayEquals(one.other().array(), three.other().array());
      assertEquals(one.samples(3, 7), three.samples(3, 7));
    }
  }

  @Test
  void anotherSeedGivesOtherNetworks() {
    Generative one = variational().epochs(1).fit(bars(40));
    Generative two = variational().epochs(1).seed(2).fit(bars(40));
    assertTrue(Arrays.mismatch(one.parameters().array(), two.parameters().array()) >= 0);
  }

  @Test
  void examplesOfAnotherShapeAreRefused() {
    Dataset wide = Dataset.of(Tensor.zeros(Shape.of(2, 1, 8, 9)), new int[2], List.of("a"));
    for (GenerativeTrainer trainer : List.of(adversarial(), variational())) {
      var e = assertThrows(ShapeException.class, () -> trainer.fit(wide));
      assertTrue(e.getMessage().contains("[1, 8, 9]"), e.getMessage());
    }
  }

  @Test
  void pairsThatDoNotFitAreRefused() {
    Model maker = Model.input(4).dense(3).build();
    Model judge = Model.input(5).dense(1).build();
    var e = assertThrows(ShapeException.class, () -> GenerativeTrainer.adversarial(maker, judge));
    assertTrue(e.getMessage().contains("[3]"), e.getMessage());
    assertThrows(ShapeException.class, () -> GenerativeTrainer.variational(judge, maker));
  }

  @Test
  void divergenceNamesTheNetworkAndTheStep() {
    GenerativeTrainer wild = variational().optimizer(Optimizer.sgd(1e6));
    var e = assertThrows(NonFiniteException.class, () -> wild.fit(bars(64)));
    assertTrue(e.getMessage().matches("epoch 0, step \\d, (encoder|decoder).*"), e.getMessage());
  }
}
