package dev.tarn.cli.bench;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// `conv.<layout>.<cIN-SIZE-K-OUT>`: one forward pass with bias, batch 1. In NCHW the change of
/// layout on both sides is part of the case. `convdata.nhwc.…`: the gradient by data.
///
/// `dw` stands for depthwise, `sN` for a stride, `gN` for groups.
final class ConvCases {
  /// Where Winograd's algorithm is chosen, its stated bound; elsewhere the order of sums is the
  /// reference's.
  private static final double TOLERANCE = 1e-4;

  private record Sizes(
      String name, int in, int size, int kernel, int out, int stride, int padding, int groups) {
    Sizes(String name, int in, int size, int kernel, int out, int stride, int padding) {
      this(name, in, size, kernel, out, stride, padding, 1);
    }
  }

  private static final List<Sizes> SIZES =
      List.of(
          new Sizes("c64-56-3-64", 64, 56, 3, 64, 1, 1),
          new Sizes("c128-56-3-256", 128, 56, 3, 256, 1, 1),
          new Sizes("c256-28-3-512", 256, 28, 3, 512, 1, 1),
          new Sizes("c512-14-3-512", 512, 14, 3, 512, 1, 1),
          new Sizes("c3-224-3-64", 3, 224, 3, 64, 1, 1),
          new Sizes("c64-224-3-64", 64, 224, 3, 64, 1, 1),
          new Sizes("c96-27-5-256", 96, 27, 5, 256, 1, 2),
          new Sizes("c3-227-11s4-96", 3, 227, 11, 96, 4, 0));

  /// Families beside those that all peers are compared on: pointwise, strided, depthwise, grouped.
  private static final List<Sizes> MORE =
      List.of(
          new Sizes("c256-56-1-64", 256, 56, 1, 64, 1, 0),
          new Sizes("c64-56-1-256", 64, 56, 1, 256, 1, 0),
          new Sizes("c256-56-1s2-512", 256, 56, 1, 512, 2, 0),
          new Sizes("c64-56-3s2-128", 64, 56, 3, 128, 2, 1),
          new Sizes("dw64-112-3", 64, 112, 3, 64, 1, 1, 64),
          new Sizes("dw128-56-3s2", 128, 56, 3, 128, 2, 1, 128),
          new Sizes("c128-28-3g32-128", 128, 28, 3, 128, 1, 1, 32));

  private ConvCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (Sizes sizes : SIZES) {
      for (Layout layout : Layout.values()) {
        cases.add(of(sizes, layout));
      }
    }
    for (Sizes sizes : MORE) {
      cases.add(of(sizes, Layout.NHWC));
      cases.add(gradient(sizes));
    }
    return cases;
  }

  private static Case gradient(Sizes sizes) {
    ConvGeometry g = geometry(sizes);
    String name = "convdata.nhwc." + sizes.name();
    Case.Work work = new Case.Work(2L * g.weightSize() * g.outPositions(), 0);
    return new KernelCase(name, 1, () -> gradient(g), work, TOLERANCE);
  }

  private static KernelCase.Setup gradient(ConvGeometry g) {
    Buffer gradX = Buffer.perSample(Space.ARENA, "gradX", (long) g.inChannels() * g.inPositions());
    Buffer gradY =
        Buffer.perSample(Space.ARENA, "gradY", (long) g.outChannels() * g.outPositions());
    Buffer w = Buffer.scratch(Space.ARENA, "w", g.weightSize());
    Problem problem = new ConvProblem.BackwardData(g, gradY, w, gradX);
    return new KernelCase.Setup(List.of(problem), List.of(gradY, w, gradX), gradX);
  }

  private static Case of(Sizes sizes, Layout layout) {
    ConvGeometry geometry = geometry(sizes);
    long flops = 2L * geometry.weightSize() * geometry.outPositions();
    String name = "conv.%s.%s".formatted(layout.name().toLowerCase(Locale.ROOT), sizes.name());
    return new KernelCase(
        name, 1, () -> setup(geometry, layout), new Case.Work(flops, 0), TOLERANCE);
  }

  private static ConvGeometry geometry(Sizes sizes) {
    Window window = Window.of(sizes.kernel()).stride(sizes.stride()).padding(sizes.padding());
    Spans height = window.spans(0, 2, sizes.size());
    Spans width = window.spans(1, 2, sizes.size());
    return new ConvGeometry(sizes.in(), sizes.out(), sizes.groups(), Spans.single(), height, width);
  }

  private static KernelCase.Setup setup(ConvGeometry g, Layout layout) {
    Buffer x = Buffer.perSample(Space.ARENA, "x", (long) g.inChannels() * g.inPositions());
    Buffer y = Buffer.perSample(Space.ARENA, "y", (long) g.outChannels() * g.outPositions());
    Buffer w = Buffer.constant("w", g.weightSize());
    Buffer bias = Buffer.constant("bias", g.outChannels());
    if (layout == Layout.NHWC) {
      Problem conv = new ConvProblem.Forward(g, x, w, bias, y);
      return new KernelCase.Setup(List.of(conv), List.of(x, w, bias, y), y);
    }
    Buffer from = Buffer.perSample(Space.ARENA, "x nchw", x.size());
    Buffer to = Buffer.perSample(Space.ARENA, "y nchw", y.size());
    return new KernelCase.Setup(
        List.of(
            new MoveProblem.ToChannelsLast(g.inPositions(), g.inChannels(), from, x),
            new ConvProblem.Forward(g, x, w, bias, y),
            new MoveProblem.ToChannelsFirst(g.outPositions(), g.outChannels(), y, to)),
        List.of(from, x, w, bias, y, to),
        to);
  }
}
