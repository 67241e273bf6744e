package dev.tarn.golden;

import dev.tarn.engine.Engine;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.plan.Pooling;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every engine pools as the frameworks do, in both layouts: values, indices and gradients. Vector
/// engines do so again with all channels many times over, so that full vectors and their tails are
/// reached.
class GoldenPoolingTest {
  private static final List<String> FILES =
      List.of(
          "max-pytorch",
          "max-special-pytorch",
          "average-pytorch",
          "lp-pytorch",
          "adaptive-pytorch",
          "wide-pytorch",
          "tensorflow",
          "keras",
          "onnx");

  /// 1 to 3 channels become 19 to 57.
  private static final int COPIES = 19;

  static Stream<Arguments> files() {
    return layouts()
        .flatMap(
            pair -> FILES.stream().map(file -> Arguments.of(pair.get()[0], pair.get()[1], file)));
  }

  static Stream<Arguments> layouts() {
    return Engines.all().stream()
        .flatMap(engine -> Stream.of(Layout.values()).map(l -> Arguments.of(engine, l)));
  }

  @ParameterizedTest
  @MethodSource("files")
  void pooling(Engine engine, Layout layout, String file) {
    Findings.of(
        file,
        50,
        (c, findings) -> {
          Pooling pooling = Pooling.of(GoldenLayers.pool(c)).engine(engine);
          check(pooling, layout, 1, c, c::ours, findings);
          boolean vectors = !(engine instanceof ReferenceEngine);
          if (vectors && !c.words().containsKey("indices")) {
            check(pooling, layout, COPIES, c, c::ours, findings);
          }
        });
  }

  /// Tarn's own Lp pooling takes absolute values, and in a partial window only the cells that
  /// exist.
  @ParameterizedTest
  @MethodSource("layouts")
  void lpByDefault(Engine engine, Layout layout) {
    Findings.of(
        "lp-pytorch",
        250,
        (c, findings) -> {
          Pooling pooling = Pooling.of(GoldenLayers.pool(c, Profile.TARN)).engine(engine);
          check(pooling, layout, 1, c, c::byDefault, findings);
        });
  }

  private static void check(
      Pooling pooling,
      Layout layout,
      int copies,
      Case c,
      UnaryOperator<String> expected,
      Findings findings) {
    Tensor x = copied(c.tensor("x"), copies).to(layout);
    String y = expected.apply("y");
    if (pooling.pool().reduction() instanceof Reduction.Max && c.has("i")) {
      Pooling.Pooled pooled = pooling.forwardWithIndices(x);
      findings.near(y, copied(c.tensor(y), copies), pooled.output());
      int[] indices = c.ints(expected.apply("i"));
      findings.indices(copied(c, indices, copies), dialect(c, pooled.indices()));
    } else {
      findings.near(y, copied(c.tensor(y), copies), pooling.forward(x));
    }
    if (c.has("dx")) {
      String dx = expected.apply("dx");
      Tensor gradX = pooling.backward(x, copied(c.tensor("dy"), copies).to(layout));
      findings.near(dx, copied(c.tensor(dx), copies), gradX);
    }
  }

  /// All channels, `copies` times one after the other.
  private static Tensor copied(Tensor values, int copies) {
    int[] sizes = values.shape().toArray();
    sizes[1] *= copies;
    Tensor to = Tensor.zeros(Shape.of(sizes));
    int sample = values.shape().sample().arraySize();
    for (int copy = 0; copy < sizes[0] * copies; copy++) {
      int from = copy / copies * sample;
      System.arraycopy(values.array(), from, to.array(), copy * sample, sample);
    }
    return to;
  }

  private static int[] copied(Case c, int[] indices, int copies) {
    int sample = c.shape("y").sample().arraySize();
    int[] to = new int[indices.length * copies];
    for (int copy = 0; copy < c.shape("y").size(0) * copies; copy++) {
      System.arraycopy(indices, copy / copies * sample, to, copy * sample, sample);
    }
    return to;
  }

  /// Tarn's indices as the case's framework counts them.
  private static int[] dialect(Case c, Indices indices) {
    int channels = c.shape("x").size(1);
    int plane = c.shape("x").sample().positions();
    int positions = c.shape("y").sample().positions();
    int[] to = indices.array().clone();
    for (int i = 0; i < to.length; i++) {
      to[i] =
          switch (c.word("indices", "plane")) {
            case "plane" -> to[i];
            case "tensor" -> i / positions * plane + to[i];
            case "nhwc" -> to[i] * channels + i / positions % channels;
            default -> throw new IllegalStateException(c.word("indices"));
          };
    }
    return to;
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void unpooling(Engine engine, Layout layout) {
    Findings.of(
        "unpool-pytorch",
        70,
        (c, findings) -> {
          Pool pool = Pool.max(c.numbers("kernel")).window(GoldenLayers.window(c));
          Pooling pooling = Pooling.of(pool).engine(engine);
          Tensor x = c.tensor("x").to(layout);
          Indices indices = c.indices("i");
          findings.near("y", pooling.unpool(x, indices, c.shape("y")));
          Tensor gradY = c.tensor("dy").to(layout);
          findings.near("dx", pooling.unpoolBackward(gradY, indices, Duplicates.LAST));
        });
  }
}
