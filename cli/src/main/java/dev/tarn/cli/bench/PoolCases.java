package dev.tarn.cli.bench;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `pool.<kind>.<layout>.<NxCxHxW>` forward, and `poolfb.…` forward and backward.
final class PoolCases {
  private record Kind(String name, Pool pool) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("max2s2", Pool.max(2)),
          new Kind("max3s2", Pool.max(3).stride(2)),
          new Kind("avg2s2", Pool.average(2)),
          new Kind("l2_2s2", Pool.lp(2, 2)),
          new Kind("gap", Pool.global(Reduction.average())));

  private static final List<Shape> SHAPES =
      List.of(Shape.of(8, 64, 112, 112), Shape.of(32, 20, 24, 24), Shape.of(1, 512, 14, 14));

  /// Sizes of large windows, stride 1, whose cost should not grow with the window.
  private static final List<Integer> LARGE = List.of(3, 9, 31, 63);

  /// Averages of whole planes and large windows add in double in an order of their own, which may
  /// round the last digit the other way.
  private static final double REORDERED = 1e-7;

  private PoolCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (Shape shape : SHAPES) {
      for (Layout layout : Layout.values()) {
        for (Kind kind : KINDS) {
          cases.add(of("pool", kind, layout, shape));
          cases.add(of("poolfb", kind, layout, shape));
        }
      }
    }
    Shape large = Shape.of(1, 64, 112, 112);
    for (Layout layout : Layout.values()) {
      for (int k : LARGE) {
        int before = (k - 1) / 2;
        cases.add(
            of(
                "pool",
                new Kind("max" + k + "s1", Pool.max(k).stride(1).padding(before)),
                layout,
                large));
        cases.add(
            of(
                "pool",
                new Kind("avg" + k + "s1", Pool.average(k).stride(1).padding(before)),
                layout,
                large));
      }
    }
    return cases;
  }

  private static Case of(String family, Kind kind, Layout layout, Shape shape) {
    String name =
        "%s.%s.%s.%s"
            .formatted(
                family,
                kind.name(),
                layout.name().toLowerCase(Locale.ROOT),
                shape.times().replace('×', 'x'));
    Shape sample = shape.sample();
    Shape output = kind.pool().outputShape(List.of(sample));
    boolean backward = family.equals("poolfb");
    long in = sample.elements() * shape.size(0);
    long out = output.elements() * shape.size(0);
    // Forward reads x and writes y; backward reads gradY and writes gradX.
    var work = new Case.Work(0, 4 * (in + out) * (backward ? 2 : 1));
    return new KernelCase(
        name,
        shape.size(0),
        () -> setup(kind.pool(), layout, sample, output, backward),
        work,
        kind.pool().reduction() instanceof Reduction.Average ? REORDERED : 0);
  }

  private static KernelCase.Setup setup(
      Pool pool, Layout layout, Shape sample, Shape output, boolean backward) {
    List<Spans> spans = pool.spans(sample);
    var geometry =
        new PoolGeometry(sample.channels(), layout, Spans.single(), spans.get(0), spans.get(1));
    Reduction reduction = pool.reduction();
    Buffer x = Buffer.perSample(Space.ARENA, "x", sample.elements());
    Buffer y = Buffer.perSample(Space.ARENA, "y", output.elements());
    if (!backward) {
      return new KernelCase.Setup(
          List.of(new PoolProblem.Forward(geometry, reduction, x, y, null)), List.of(x, y), y);
    }
    Buffer argmax =
        Buffer.perSample(Space.BYTES, "argmax", output.elements() * geometry.argmaxBytes());
    Buffer gradY = Buffer.perSample(Space.ARENA, "gradY", output.elements());
    Buffer gradX = Buffer.perSample(Space.ARENA, "gradX", sample.elements());
    boolean places = PoolProblem.Backward.needsArgmax(reduction);
    boolean values = PoolProblem.Backward.needsValues(reduction);
    return new KernelCase.Setup(
        List.of(
            new PoolProblem.Forward(geometry, reduction, x, y, places ? argmax : null),
            new PoolProblem.Backward(
                geometry,
                reduction,
                gradY,
                gradX,
                values ? x : null,
                values ? y : null,
                places ? argmax : null)),
        List.of(x, y, argmax, gradY, gradX),
        gradX);
  }
}
