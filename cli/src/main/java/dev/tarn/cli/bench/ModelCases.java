package dev.tarn.cli.bench;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.layer.Layer;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `infer.<model>.b<BATCH>.<layout>`: one prediction, from a tensor of that layout to logits.
final class ModelCases {
  private static final double TOLERANCE = 1e-3;

  private ModelCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (int batch : List.of(1, 8)) {
      for (Layout layout : Layout.values()) {
        cases.add(new Inference("vgg16", Zoo.VGG16, batch, layout));
        cases.add(new Inference("alexnet", Zoo.ALEXNET_ONE_COLUMN, batch, layout));
      }
      cases.add(new Inference("textbook", Zoo.TEXTBOOK, batch, Layout.NCHW));
      cases.add(new Inference("textbook2", Zoo.TEXTBOOK2, batch, Layout.NCHW));
    }
    return cases;
  }

  static long flops(Model model) {
    long flops = 0;
    for (Node node : model.nodes()) {
      Layer layer = node.layer();
      flops += layer.flops(node.inputShapes(), node.shape());
    }
    return flops;
  }

  static Tensor normal(Shape shape, long seed) {
    var random = SeededRandom.of(seed);
    Tensor tensor = Tensor.zeros(shape);
    for (int i = 0; i < tensor.array().length; i++) {
      tensor.array()[i] = (float) random.gaussian();
    }
    return tensor;
  }

  private record Inference(String model, Zoo zoo, int batch, Layout layout) implements Case {
    @Override
    public String name() {
      return "infer.%s.b%d.%s".formatted(model, batch, layout.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public Run prepare(int threads) {
      Model network = zoo.model();
      Parameters parameters = Parameters.initialize(network, 1);
      Tensor images = normal(zoo.input().batch(batch), 2).to(layout);
      Plan plan = Plan.inference(network, batch);
      Frame frame = plan.frame(parameters);
      Workers workers = Workers.of(threads);
      float[] scores = new float[batch * zoo.classes()];
      return new Run() {
        @Override
        public void check() {
          // One image: the plain loops take seconds for a large network.
          Tensor one = images.slice(0, 1);
          float[] mine = answer(Engines.best(), one);
          float[] oracle = answer(new ReferenceEngine(), one);
          float largest = 0;
          for (float score : oracle) {
            largest = Math.max(largest, Math.abs(score));
          }
          for (int i = 0; i < oracle.length; i++) {
            if (!(Math.abs(mine[i] - oracle[i]) <= TOLERANCE * largest)) {
              throw new IllegalStateException(
                  "%s: score %d is %s; the reference engine gives %s."
                      .formatted(name(), i, mine[i], oracle[i]));
            }
          }
        }

        private float[] answer(Engine engine, Tensor one) {
          Plan single = Plan.of(network, PlanOptions.inference(1).engine(engine));
          Frame memory = single.frame(parameters);
          single.input(memory, 0, one);
          single.forward(memory, workers, 1);
          return single.output(memory, 0, 1).array();
        }

        @Override
        public void once() {
          plan.input(frame, 0, images);
          plan.forward(frame, workers, batch);
          plan.output(frame, 0, scores, 0, batch);
        }

        @Override
        public Work work() {
          return new Work(batch * flops(network), 0);
        }

        @Override
        public void close() {
          workers.close();
        }
      };
    }
  }
}
