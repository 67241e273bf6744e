package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.error.LimitException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Finds the layers whose outputs a training plan computes again in the backward pass instead of
/// keeping them, so that it fits in a limit (Chen et al. 2016, "Training deep nets with sublinear
/// memory cost").
///
/// Chen et al. cut a chain into segments and keep what lies between. Here each output may be
/// dropped by itself: what the backward pass misses is computed from the nearest outputs that were
/// kept, when it is first needed, and stays until its last use; a run of dropped outputs is a
/// segment. The search is greedy: of all outputs that only wait where the plan exceeds the limit it
/// drops the one that frees most for the work of computing it again, until the plan fits; then it
/// keeps again whatever need not have been dropped. Every step of the search is a plan with real
/// kernels and places.
final class Recomputation {
  /// Operations that take as long as moving one number through memory.
  private static final long FLOPS_PER_ELEMENT = 80;

  private final Model model;
  private final PlanOptions options;

  /// A choice of outputs to drop, and its plan.
  private record Attempt(Set<Node> again, Draft draft) {
    long memory() {
      return draft.memory();
    }

    /// Bytes alive above a limit, summed over all steps.
    double excess(long limit) {
      return LongStream.of(draft.alive()).mapToDouble(a -> Math.max(0, a - limit)).sum();
    }
  }

  private Recomputation(Model model, PlanOptions options) {
    this.model = model;
    this.options = options;
  }

  /// The draft of a plan within the options' limit.
  ///
  /// @throws LimitException if the search finds none, with the least number of bytes it found
  static Draft within(Model model, PlanOptions options) {
    var all = new Draft(new Outline(model, options, Set.of()), options);
    if (all.memory() <= options.limit()) {
      return all;
    }
    var search = new Recomputation(model, options);
    Attempt kept = new Attempt(Set.of(), all);
    Attempt found = search.drop(kept, options.limit());
    if (found.memory() > options.limit()) {
      found = search.drop(kept, 0);
    }
    if (found.memory() > options.limit()) {
      throw new LimitException(
          "plan: the limit is %d bytes; batch %d needed at least %d bytes%s. Raise the limit, or use a smaller batch or input."
              .formatted(
                  options.limit(),
                  options.batch(),
                  found.memory(),
                  found.again().isEmpty() ? "" : ", with outputs computed again"),
          found.memory());
    }
    return search.keep(found).draft();
  }

  private Attempt attempt(Set<Node> again) {
    return new Attempt(Set.copyOf(again), new Draft(new Outline(model, options, again), options));
  }

  /// Drops outputs until the plan fits, or dropping more is no use; gives the smallest plan met.
  private Attempt drop(Attempt from, long limit) {
    Set<Node> refused = new HashSet<>();
    Attempt last = from;
    Attempt best = from;
    while (best.memory() > limit) {
      long peak = LongStream.of(last.draft().alive()).max().orElse(0);
      long gaps = last.memory() - peak;
      // Far below the peak everything exceeds, and what lies at the peak could not be told.
      long target = Math.min(peak - 1, Math.max(limit - gaps, peak - peak / 16));
      Node next = best(last, refused, target);
      if (next == null) {
        return best;
      }
      Set<Node> with = new HashSet<>(last.again());
      with.add(next);
      Attempt then = attempt(with);
      if (then.excess(target) < last.excess(target)) {
        last = then;
        best = last.memory() < best.memory() ? last : best;
      } else {
        refused.add(next); // what it is computed from would have to wait instead
      }
    }
    return best;
  }

  /// The output whose loss frees most bytes above the target for the work it costs.
  private @Nullable Node best(Attempt now, Set<Node> refused, long target) {
    double work = work(now.again());
    Node best = null;
    double most = 0;
    for (Map.Entry<Node, Double> entry : gains(now.draft(), target).entrySet()) {
      Node node = entry.getKey();
      if (!now.again().contains(node) && !refused.contains(node)) {
        Set<Node> with = new HashSet<>(now.again());
        with.add(node);
        double gain = entry.getValue() / Math.max(1, work(with) - work);
        if (gain > most) {
          most = gain;
          best = node;
        }
      }
    }
    return best;
  }

  /// What each output that may be dropped takes above the target, summed over the steps between its
  /// last use in the forward pass and its first in the backward pass.
  private Map<Node, Double> gains(Draft draft, long target) {
    Map<Node, Double> gains = new LinkedHashMap<>();
    long[] alive = draft.alive();
    Map<Buffer, Integer> lastUse = new LinkedHashMap<>();
    for (int i = 0; i < draft.forward.size(); i++) {
      for (Buffer buffer : draft.forward.get(i).buffers()) {
        lastUse.put(buffer, i);
      }
    }
    for (int i = 0; i < draft.backward.size(); i++) {
      for (Buffer buffer : draft.backward.get(i).buffers()) {
        Integer last = lastUse.remove(buffer);
        Node root = draft.outline.values.root(buffer);
        if (last != null && root != null && draft.outline.values.mayForget(root)) {
          double gain = 0;
          for (int step = last + 1; step < draft.forward.size() + i; step++) {
            long size = 4 * buffer.size(options.batch());
            gain += Math.clamp(alive[step] - target, 0, size);
          }
          gains.merge(root, gain, Double::sum);
        }
      }
    }
    return gains;
  }

  /// Keeps again what fits, the most expensive first.
  private Attempt keep(Attempt from) {
    List<Node> order = new ArrayList<>(from.again());
    order.sort(
        Comparator.comparingDouble((Node n) -> -work(Set.of(n)))
            .thenComparingInt(model.nodes()::indexOf));
    Attempt best = from;
    for (Node node : order) {
      Set<Node> without = new HashSet<>(best.again());
      without.remove(node);
      Attempt less = attempt(without);
      best = less.memory() <= options.limit() ? less : best;
    }
    return best;
  }

  /// The work of what is computed again.
  private double work(Set<Node> again) {
    return new Outline(model, options, again)
        .tasks.stream()
            .filter(t -> t.pass() == Step.Pass.RECOMPUTE)
            .mapToDouble(t -> t.flops() + FLOPS_PER_ELEMENT * (double) t.node().shape().elements())
            .sum();
  }
}
