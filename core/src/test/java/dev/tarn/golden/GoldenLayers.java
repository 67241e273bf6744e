package dev.tarn.golden;

import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.layer.TransposedConv;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.List;

/// The layer that a golden case describes, in the words of the framework it comes from.
final class GoldenLayers {
  private GoldenLayers() {}

  /// The pooling layer of a case; everything the case does not say is left to the framework's
  /// profile.
  static Pool pool(Case c) {
    String name = c.word("profile");
    return pool(c, name.equals("KERAS") ? Profile.TENSORFLOW : Profile.valueOf(name));
  }

  /// The same under another profile.
  static Pool pool(Case c, Profile profile) {
    Reduction reduction =
        switch (c.word("op").replaceFirst("^(adaptive-|Global)", "").replaceFirst("Pool$", "")) {
          case "max", "Max" -> Reduction.max();
          case "average", "Average" -> Reduction.average();
          case "lp", "Lp" -> Reduction.lp(c.number("p", 2));
          default -> throw new IllegalStateException(c.word("op"));
        };
    Regions regions =
        c.words().containsKey("sizes")
            ? Regions.adaptive(c.numbers("sizes"))
            : Regions.sliding(window(c));
    Pool pool = new Pool(reduction, regions).profile(profile);
    if (c.word("profile").equals("KERAS") && reduction instanceof Reduction.Max) {
      pool = pool.ties(Ties.SPLIT);
    }
    if (c.words().containsKey("divisor_override")) {
      return pool.divisor(Divisor.of(c.number("divisor_override", 0)));
    }
    return switch (c.word("count_include_pad", profile.name())) {
      case "0" -> pool.divisor(Divisor.VALID);
      // PyTorch counts padding unless told not to; ONNX only when told to.
      case "1" -> profile == Profile.ONNX ? pool.divisor(Divisor.CLIPPED_WINDOW) : pool;
      default -> pool;
    };
  }

  static Window window(Case c) {
    Window window =
        Window.of(c.numbers("kernel"))
            .stride(c.numbers("stride", 1))
            .dilation(c.numbers("dilation", 1))
            .padding(padding(c));
    // SAME and VALID leave nothing to round.
    boolean ceil =
        c.word("rounding", "floor").equals("ceil") && c.word("auto_pad", "NOTSET").equals("NOTSET");
    return ceil ? window.rounding(Rounding.CEIL) : window;
  }

  private static Padding padding(Case c) {
    if (c.words().containsKey("before")) {
      return new Padding.Sides(list(c.numbers("before")), list(c.numbers("after")));
    }
    return switch (c.word("auto_pad", "NOTSET")) {
      case "SAME", "SAME_UPPER" -> Padding.SAME_UPPER;
      case "SAME_LOWER" -> Padding.SAME_LOWER;
      default -> Padding.of(c.numbers("padding", 0));
    };
  }

  private static List<Integer> list(int... numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  private static Bias bias(Case c) {
    return c.has("b") ? Bias.WITH : Bias.WITHOUT;
  }

  static Conv convolution(Case c) {
    return Conv.of(c.shape("w").size(0), c.numbers("kernel"))
        .window(window(c))
        .groups(c.numbers("groups")[0])
        .bias(bias(c));
  }

  static TransposedConv transposed(Case c) {
    int groups = c.numbers("groups")[0];
    return TransposedConv.of(c.shape("w").size(1) * groups, c.numbers("kernel"))
        .window(window(c))
        .outputPadding(c.numbers("output_padding"))
        .groups(groups)
        .bias(bias(c));
  }
}
