package dev.tarn.plan;

import dev.tarn.engine.Space;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Writes a plan down, one line per step: the first tool when something is slow, large or wrong.
final class Explanation {
  private Explanation() {}

  static String of(Plan plan, int arenaSize, int byteSize) {
    var text = new StringBuilder();
    text.append(
        "plan for %s, batch %d, engine %s, memory %s, fusion %s\n"
            .formatted(
                plan.options().mode().name().toLowerCase(Locale.ROOT),
                plan.batch(),
                plan.options().engine().name(),
                plan.options().memory().name().toLowerCase(Locale.ROOT),
                plan.options().fusion().name().toLowerCase(Locale.ROOT)));
    append(text, plan.forwardSteps(), plan.batch());
    append(text, plan.backwardSteps(), plan.batch());
    text.append(
        "parameters %s · activations %s · argmax %s\n"
            .formatted(
                bytes(4L * plan.model().parameterArraySize()),
                bytes(4L * arenaSize),
                bytes(byteSize)));
    return text.toString();
  }

  private static void append(StringBuilder text, List<Step> steps, int batch) {
    for (Step step : steps) {
      String places =
          step.buffers().stream()
              .filter(b -> b.space() == Space.ARENA || b.space() == Space.BYTES)
              .map(b -> "%s@%d+%d".formatted(b.name(), b.at(), b.size(batch)))
              .collect(Collectors.joining(" "));
      text.append(
          "%-8s %-14s %-34s → %-16s %10s  %s\n"
              .formatted(
                  step.pass().name().toLowerCase(Locale.ROOT),
                  step.layers(),
                  step.kernel().name(),
                  step.node().shape(),
                  count(step.flops()) + "FLOP",
                  places));
      for (String refusal : step.choice().refusals()) {
        text.append("%24s· %s\n".formatted("", refusal));
      }
    }
  }

  /// `1.5 G`: a count with a decimal prefix.
  static String count(long number) {
    if (number < 1_000) {
      return number + " ";
    }
    double value = number;
    int prefix = -1;
    while (value >= 1_000 && prefix < 3) {
      value /= 1_000;
      prefix++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, "kMGT".charAt(prefix));
  }

  /// `1.5 MiB`
  static String bytes(long number) {
    return String.format(Locale.ROOT, "%.2f MiB", number / 1048576.0);
  }
}
