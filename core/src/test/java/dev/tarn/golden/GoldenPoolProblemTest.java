package dev.tarn.golden;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.PoolProblem.Backward;
import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every engine pools as the frameworks do, in both layouts: values, places and gradients.
class GoldenPoolProblemTest {
  private static final List<String> FILES =
      List.of(
          "max-pytorch",
          "max-special-pytorch",
          "average-pytorch",
          "lp-pytorch",
          "adaptive-pytorch",
          "tensorflow",
          "keras",
          "onnx");

  static Stream<Arguments> poolings() {
    return Engines.all().stream()
        .flatMap(engine ->
            FILES.stream()
                .flatMap(file ->
                    Stream.of(Layout.values()).map(layout -> Arguments.of(engine, file, layout))));
  }

  @ParameterizedTest
  @MethodSource("poolings")
  void pooling(Engine engine, String file, Layout layout) {
    Findings.of(
        file,
        50,
        (c, findings) -> check(engine, layout, GoldenLayers.pool(c), c, c::ours, findings));
  }

  /// Tarn's own Lp pooling takes absolute values, and in a partial window only the cells that
  /// exist.
  @ParameterizedTest
  @MethodSource("dev.tarn.golden.Engines#all")
  void lpByDefault(Engine engine) {
    Findings.of(
        "lp-pytorch",
        250,
        (c, findings) -> {
          Pool pool = GoldenLayers.pool(c, Profile.TARN);
          check(engine, Layout.NHWC, pool, c, c::byDefault, findings);
        });
  }

  private static void check(
      Engine engine,
      Layout layout,
      Pool pool,
      Case c,
      UnaryOperator<String> expected,
      Findings findings) {
    PoolGeometry geometry = geometry(c.shape("x"), layout, pool.spans(c.shape("x").sample()));
    boolean extremum =
        pool.reduction() instanceof Reduction.Max || pool.reduction() instanceof Reduction.Min;
    var run = new ProblemRun(engine, c.shape("x").size(0), layout);
    Buffer x = run.put("x", c.tensor("x"));
    Buffer y = run.room("y", c.shape("y"));
    int width = geometry.argmaxBytes();
    Buffer argmax =
        extremum ? run.bytesPerSample("argmax", c.shape("y").sample().elements() * width) : null;
    var forward = new PoolProblem.Forward(geometry, pool.reduction(), x, y, argmax);
    Buffer gradX = null;
    if (c.has("dx")) {
      gradX = run.room("gradX", c.shape("x"));
      run.run(forward, backward(forward, run.put("gradY", c.tensor("dy")), gradX));
    } else {
      run.run(forward);
    }
    findings.near(expected.apply("y"), run.activation(y, c.shape("y")));
    if (gradX != null) {
      findings.near(expected.apply("dx"), run.activation(gradX, c.shape("x")));
    }
    if (argmax != null && c.has("i")) {
      int[] taps = run.numbers(argmax, c.shape("y").arraySize(), width);
      findings.indices(
          c.ints(c.ours("i")), Places.of(geometry, c.shape("y"), taps, c.word("indices", "plane")));
    }
  }

  private static Backward backward(PoolProblem.Forward f, Buffer gradY, Buffer gradX) {
    boolean values = Backward.needsValues(f.reduction());
    @Nullable Buffer argmax = Backward.needsArgmax(f.reduction()) ? f.argmax() : null;
    return new Backward(
        f.geometry(),
        f.reduction(),
        gradY,
        gradX,
        values ? f.x() : null,
        values ? f.y() : null,
        argmax);
  }

  static PoolGeometry geometry(Shape input, Layout layout, List<Spans> spans) {
    List<Spans> axes = new ArrayList<>(spans);
    while (axes.size() < 3) {
      axes.addFirst(Spans.single());
    }
    return new PoolGeometry(input.size(1), layout, axes.get(0), axes.get(1), axes.get(2));
  }

  /// Unpooling, which inherits the places from a pooling.
  @Nested
  class Unpooling {
    static Stream<Arguments> layouts() {
      return Engines.all().stream()
          .flatMap(
              engine -> Stream.of(Layout.values()).map(layout -> Arguments.of(engine, layout)));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void maximum(Engine engine, Layout layout) {
      Findings.of("unpool-pytorch", 70, (c, findings) -> check(engine, layout, c, findings));
    }

    private static void check(Engine engine, Layout layout, Case c, Findings findings) {
      Shape big = c.shape("y");
      Shape small = c.shape("x");
      Pool pool = Pool.max(c.numbers("kernel")).window(GoldenLayers.window(c));
      PoolGeometry geometry = geometry(big, layout, pool.spans(big.sample()));
      var run = new ProblemRun(engine, small.size(0), layout);
      Buffer x = run.put("x", c.tensor("x"));
      Buffer y = run.room("y", big);
      Buffer gradY = run.put("gradY", c.tensor("dy"));
      Buffer gradX = run.room("gradX", small);
      byte[] taps = Places.taps(geometry, small, c.ints("i"));
      Buffer argmax = run.bytesPerSample("argmax", taps.length / small.size(0));
      run.fillBytes(argmax, taps);
      var last = Duplicates.LAST;
      run.run(
          new PoolProblem.Unpool(geometry, last, x, argmax, y),
          new PoolProblem.UnpoolBackward(geometry, last, gradY, argmax, gradX));
      findings.exact("y", run.activation(y, big));
      findings.exact("dx", run.activation(gradX, small));
    }
  }
}
