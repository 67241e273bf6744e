package dev.tarn.cli;

import dev.tarn.error.ParameterException;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that describe a pooling layer. Nothing here has a default but the kind and the
/// kernel, so that an option that does not belong to the others can be told from one that was left
/// out.
final class PoolOptions {
  /// Reductions by their names.
  enum Kind {
    MAX,
    AVERAGE,
    LP,
    SUM,
    MIN
  }

  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "What becomes of a window's values: max, average, lp, sum or min.")
  Kind kind = Kind.MAX;

  @Option(
      names = "--p",
      paramLabel = "P",
      description = "For lp: the power, above 0, or Infinity or -Infinity; 2 if not given.")
  @Nullable Double p;

  @Option(
      names = "--kernel",
      paramLabel = "K",
      description =
          "Cells of a window: one number for all axes or one per axis, as in 3x2; 2 if not given.")
  @Nullable Sizes kernel;

  @Option(
      names = "--stride",
      paramLabel = "S",
      description = "Step from window to window; the kernel if not given.")
  @Nullable Sizes stride;

  @Option(
      names = "--padding",
      paramLabel = "P",
      description =
          "Cells around the input: 1, 1x2, before:after as in 0:1, same, or same-lower; 0 if not given.")
  @Nullable Padding padding;

  @Option(
      names = "--dilation",
      paramLabel = "D",
      description = "Distance between the cells of a window; 1 if not given.")
  @Nullable Sizes dilation;

  @Option(
      names = "--rounding",
      paramLabel = "R",
      description =
          "What happens to a remainder: floor, ceil, ceil-caffe or exact; floor if not given.")
  @Nullable Rounding rounding;

  @Option(
      names = "--adaptive",
      paramLabel = "HxW",
      description = "As many regions as the output shall have, instead of a kernel.")
  @Nullable Sizes adaptive;

  @Option(names = "--global", description = "One region: the whole map, instead of a kernel.")
  boolean global;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "The choices of a framework where they differ: tarn, pytorch, tensorflow, onnx, caffe or dl4j.")
  @Nullable Profile profile;

  @Option(
      names = "--divisor",
      paramLabel = "D",
      description =
          "For average: valid (cells of the input), clipped-window, kernel, or a number; valid if not given.")
  @Nullable Divisor divisor;

  @Option(
      names = "--nan",
      paramLabel = "POLICY",
      description = "For max and min: propagate or ignore; propagate if not given.")
  @Nullable NanPolicy nan;

  @Option(
      names = "--ties",
      paramLabel = "RULE",
      description = "For max and min: the gradient of equal values goes to the first or is split.")
  @Nullable Ties ties;

  /// How many spatial axes these options speak of, or 0 if any number will do.
  int axes() {
    int most = 1;
    for (Sizes sizes : new @Nullable Sizes[] {kernel, stride, dilation, adaptive}) {
      most = Math.max(most, sizes == null ? 1 : sizes.numbers().size());
    }
    if (padding instanceof Padding.Sides sides) {
      most = Math.max(most, sides.before().size());
    }
    return most == 1 ? 0 : most;
  }

  /// The layer they describe.
  ///
  /// @throws ParameterException if one of them does not belong to the others
  Pool pool() {
    Pool pool = regions(reduction());
    if (profile != null) {
      pool = pool.profile(profile);
    }
    if (rounding != null) {
      pool = pool.rounding(rounding);
    }
    if (divisor != null) {
      pool = pool.divisor(divisor);
    }
    if (nan != null) {
      pool = pool.nan(nan);
    }
    return ties == null ? pool : pool.ties(ties);
  }

  private Reduction reduction() {
    if (p != null && kind != Kind.LP) {
      throw new ParameterException(
          "--p %s with --kind %s; only lp has a power. Leave it out, or use --kind lp."
              .formatted(p, Words.word(kind)));
    }
    return switch (kind) {
      case MAX -> Reduction.max();
      case AVERAGE -> Reduction.average();
      case SUM -> Reduction.sum();
      case MIN -> Reduction.min();
      case LP -> Reduction.lp(p == null ? 2 : p);
    };
  }

  private Pool regions(Reduction reduction) {
    List<String> windowed = new ArrayList<>();
    note(windowed, "--kernel", kernel);
    note(windowed, "--stride", stride);
    note(windowed, "--padding", padding);
    note(windowed, "--dilation", dilation);
    note(windowed, "--rounding", rounding);
    Sizes outputs = adaptive;
    if (global && outputs != null) {
      throw new ParameterException("--global with --adaptive; only one of them is possible.");
    }
    if ((global || outputs != null) && !windowed.isEmpty()) {
      throw new ParameterException(
          "%s with %s; %s regions have no window. Leave one of them out."
              .formatted(
                  global ? "--global" : "--adaptive",
                  String.join(", ", windowed),
                  global ? "global" : "adaptive"));
    }
    if (global) {
      return Pool.global(reduction);
    }
    if (outputs != null) {
      return Pool.adaptive(reduction, outputs.toArray());
    }
    Pool pool = Pool.of(reduction, kernel == null ? new int[] {2} : kernel.toArray());
    if (stride != null) {
      pool = pool.stride(stride.toArray());
    }
    if (dilation != null) {
      pool = pool.dilation(dilation.toArray());
    }
    return padding == null ? pool : pool.padding(padding);
  }

  private static void note(List<String> given, String name, @Nullable Object value) {
    if (value != null) {
      given.add(name);
    }
  }
}
