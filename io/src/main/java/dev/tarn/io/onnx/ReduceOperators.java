package dev.tarn.io.onnx;

import dev.tarn.io.binary.ElementType;
import dev.tarn.tensor.Statistic;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Whole axes that become one value each.
final class ReduceOperators {
  private static final Map<String, Statistic> STATISTICS =
      Map.of(
          "ReduceSum",
          Statistic.SUM,
          "ReduceMean",
          Statistic.MEAN,
          "ReduceMax",
          Statistic.MAX,
          "ReduceMin",
          Statistic.MIN,
          "ReduceProd",
          Statistic.PRODUCT,
          "ReduceL1",
          Statistic.L1,
          "ReduceL2",
          Statistic.L2,
          "ReduceSumSquare",
          Statistic.SUM_OF_SQUARES,
          "ReduceLogSum",
          Statistic.LOG_SUM,
          "ReduceLogSumExp",
          Statistic.LOG_SUM_EXP);

  static final Set<String> NAMES = names();

  private ReduceOperators() {}

  private static Set<String> names() {
    Set<String> names = new HashSet<>(STATISTICS.keySet());
    names.addAll(Set.of("ArgMax", "ArgMin"));
    return Set.copyOf(names);
  }

  static Value read(Call call) {
    Value x = call.input(0);
    Attributes a = call.attributes();
    boolean keep = a.flag("keepdims", true);
    Statistic statistic = STATISTICS.get(call.operator());
    if (statistic == null) {
      boolean last = call.opset() >= 12 && a.flag("select_last_index", false);
      int axis = Call.axis(a.whole("axis", 0), x.rank());
      return reduced(call, x, extreme(call.operator(), last), List.of(axis), keep, ElementType.I64);
    }
    boolean byInput = call.opset() >= (call.operator().equals("ReduceSum") ? 13 : 18);
    @Nullable List<Long> told = byInput ? null : a.wholes("axes");
    boolean nothing = byInput && a.flag("noop_with_empty_axes", false);
    Known given = byInput ? call.knownOrNull(1) : null;
    if (given != null) {
      told = LongStream.of(given.wholes("axes")).boxed().toList();
    }
    boolean none = told == null || told.isEmpty();
    List<Integer> axes =
        none && !nothing
            ? IntStream.range(0, x.rank()).boxed().toList()
            : Call.axes(none ? List.of() : told, x.rank());
    return reduced(call, x, statistic, axes, keep, x.type());
  }

  private static Statistic extreme(String operator, boolean last) {
    return operator.equals("ArgMax")
        ? last ? Statistic.ARGMAX_LAST : Statistic.ARGMAX
        : last ? Statistic.ARGMIN_LAST : Statistic.ARGMIN;
  }

  private static Value reduced(
      Call call, Value x, Statistic statistic, List<Integer> axes, boolean keep, ElementType type) {
    Value y = call.emit().reduce(x, statistic, axes, type);
    if (keep || axes.isEmpty()) {
      return y;
    }
    int[] dims = y.dims();
    int[] left =
        IntStream.range(0, dims.length).filter(i -> !axes.contains(i)).map(i -> dims[i]).toArray();
    return call.emit().reshape(y, left);
  }
}
