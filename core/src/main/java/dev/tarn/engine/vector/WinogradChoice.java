package dev.tarn.engine.vector;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether one of Winograd's algorithms is worth it for a convolution, and which.
///
/// Costs are counted in products that a matrix kernel could do in the time, on a machine of our
/// days: a transformed number costs [#TRANSFORM], a weight that has to come from beyond the
/// second-level cache [#FETCH]. They depend on the geometry alone, for the choice decides the bits:
/// not on the batch, the width of vectors, or on whether the weight is constant, so what a network
/// answers in training and in prediction is the same. Transforming a weight that is not constant is
/// left out: training shares it between the samples of a batch.
final class WinogradChoice {
  private static final int TRANSFORM = 12;
  private static final int FETCH = 12;
  private static final int LEAST_CHANNELS = 16;

  private WinogradChoice() {}

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    String why = refusal(sweep);
    if (why != null) {
      refusals.add("winograd: " + why);
      return null;
    }
    WinogradForm best = null;
    long least = Long.MAX_VALUE;
    for (WinogradForm form : WinogradForm.values()) {
      if (form.taps() == sweep.height().kernel() && cost(sweep, form) < least) {
        best = form;
        least = cost(sweep, form);
      }
    }
    if (best == null) {
      throw new AssertionError("refusal() lets no other kernels pass");
    }
    long plain = plainCost(sweep);
    if (least >= plain) {
      refusals.add(
          "winograd: %s would take as long as %d products, the matrix product %d"
              .formatted(best, least, plain));
      return null;
    }
    Kernel kernel = ConvWinograd.of(sweep, best, null);
    return Finish.of(kernel, sweep.resultSize(), sweep.result(), false, sweep.mask());
  }

  private static @Nullable String refusal(Sweep sweep) {
    Sweep.Axis h = sweep.height();
    Sweep.Axis w = sweep.width();
    if (h.kernel() != w.kernel() || (h.kernel() != 3 && h.kernel() != 5)) {
      return "kernel %d×%d, needs 3×3 or 5×5".formatted(h.kernel(), w.kernel());
    }
    if (h.step() != 1 || w.step() != 1 || h.spread() != 1 || w.spread() != 1) {
      return "strided, needs stride 1";
    }
    if (h.dilation() != 1 || w.dilation() != 1 || sweep.groups() != 1) {
      return "dilation or groups, needs neither";
    }
    if (Math.min(sweep.sourceChannels(), sweep.resultChannels()) < LEAST_CHANNELS) {
      return "%d to %d channels, needs %d"
          .formatted(sweep.sourceChannels(), sweep.resultChannels(), LEAST_CHANNELS);
    }
    if (sweep.source().space() != Space.ARENA || sweep.result().space() != Space.ARENA) {
      return "operands outside of the arena";
    }
    return null;
  }

  private static long cost(Sweep sweep, WinogradForm form) {
    long in = sweep.sourceChannels();
    long out = sweep.resultChannels();
    long tiles = (long) form.tiles(sweep.height().result()) * form.tiles(sweep.width().result());
    long fetch = form.products() * in * out > 1 << 18 ? FETCH : 0;
    return form.products() * ((tiles + fetch) * in * out + TRANSFORM * tiles * (in + out));
  }

  /// What the matrix kernel takes: it packs its left-hand side, and reads the weight too.
  private static long plainCost(Sweep sweep) {
    long weight = (long) sweep.depth() * sweep.resultChannels();
    long fetch = weight > 1 << 18 ? FETCH : 0;
    return sweep.work() + (long) sweep.positions() * sweep.depth() * TRANSFORM + fetch * weight;
  }
}
