package dev.tarn.cli.bench;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.model.Model;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Optimizer;
import dev.tarn.train.Trainer;
import dev.tarn.train.TrainingEvent;
import dev.tarn.zoo.Zoo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// `train.<model>.b<BATCH>.step`: one step of the trainer, SGD with momentum, from one `StepDone`
/// to the next.
///
/// The trainer runs on its own threads and batches, as users have it, so the case times steps
/// inside one long run instead of calling something again and again.
record TrainingCases(String name, Zoo zoo, int batch, int times) implements Case {
  private static final float TOLERANCE = 1e-5f;

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (int batch : List.of(10, 32, 128)) {
      cases.add(of("textbook", Zoo.TEXTBOOK, batch, 4000 + 160_000 / batch));
      cases.add(of("textbook2", Zoo.TEXTBOOK2, batch, 700 + 30_000 / batch));
    }
    cases.add(of("vgg16", Zoo.VGG16, 4, 4));
    return cases;
  }

  private static TrainingCases of(String model, Zoo zoo, int batch, int steps) {
    return new TrainingCases("train.%s.b%d.step".formatted(model, batch), zoo, batch, steps);
  }

  @Override
  public Run prepare(int threads) {
    Trainer trainer = trainer(threads, Engines.best());
    Dataset examples = examples(times * batch);
    return new Run() {
      @Override
      public void check() {
        compare(threads);
      }

      @Override
      public void once() {
        trainer.fit(examples);
      }

      @Override
      public long median() {
        return medianStep(trainer, examples);
      }

      @Override
      public Work work() {
        // Forward, gradient by data and gradient by weights cost alike.
        return new Work(3L * batch * ModelCases.flops(zoo.model()), 0);
      }

      @Override
      public void close() {}
    };
  }

  /// The median time of a step, the first half of the steps being warm-up.
  private long medianStep(Trainer trainer, Dataset examples) {
    long[] nanos = new long[times];
    int[] count = {0};
    long[] last = {0};
    Trainer timed =
        trainer.callback(event -> {
          if (event instanceof TrainingEvent.StepDone) {
            long now = System.nanoTime();
            nanos[count[0]++] = now - last[0];
            last[0] = now;
          }
        });
    last[0] = System.nanoTime();
    timed.fit(examples);
    long[] warm = Arrays.copyOfRange(nanos, times / 2, times);
    Arrays.sort(warm);
    return warm[warm.length / 2];
  }

  /// Refuses if the weights after two steps are not those of the reference engine, up to the
  /// rounding of sums in another order.
  private void compare(int threads) {
    if (zoo == Zoo.VGG16) {
      return; // The plain loops would take minutes; its kernels are those of the other cases.
    }
    Dataset few = examples(2 * batch);
    float[] mine = trainer(threads, Engines.best()).fit(few).parameters().array();
    float[] oracle = trainer(threads, new ReferenceEngine()).fit(few).parameters().array();
    float largest = 0;
    for (float weight : oracle) {
      largest = Math.max(largest, Math.abs(weight));
    }
    for (int i = 0; i < oracle.length; i++) {
      if (!(Math.abs(mine[i] - oracle[i]) <= TOLERANCE * largest)) {
        throw new IllegalStateException(
            "%s: weight %d is %s; the reference engine gives %s."
                .formatted(name, i, mine[i], oracle[i]));
      }
    }
  }

  private Trainer trainer(int threads, Engine engine) {
    Model model = zoo.model();
    return Trainer.of(model)
        .optimizer(Optimizer.sgd(0.001).momentum(0.9))
        .epochs(1)
        .batch(batch)
        .threads(threads)
        .engine(engine);
  }

  /// Random images, few in memory however many are asked for.
  private Dataset examples(int size) {
    int kept = Math.min(size, 64);
    Shape shape = zoo.input();
    Tensor images = ModelCases.normal(shape.batch(kept), 3);
    var random = SeededRandom.of(4);
    int classes = zoo.classes();
    int[] labels = IntStream.range(0, size).map(i -> random.nextInt(classes)).toArray();
    List<String> names = IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
    int sample = shape.arraySize();
    return new Dataset() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Shape shape() {
        return shape;
      }

      @Override
      public List<String> labels() {
        return names;
      }

      @Override
      public int label(int index) {
        return labels[index];
      }

      @Override
      public void read(int index, long seed, float[] to, int at) {
        System.arraycopy(images.array(), index % kept * sample, to, at, sample);
      }
    };
  }
}
