package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.error.LimitException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the layers whose outputs a training plan computes again in the backward pass instead of
/// keeping them, so that it fits in a limit (Chen et al. 2016, "Training deep nets with sublinear
/// memory cost").
///
/// Chen et al. cut a chain into segments and keep what lies between. Here each output may be
/// dropped by itself: what the backward pass misses is computed from the nearest outputs that were
/// kept, when it is first needed, and stays until its last use; a run of dropped outputs is a
/// segment. The search is greedy: of all outputs alive where the plan exceeds the limit it drops
/// the one that frees most for its arithmetic, until the plan fits; then it keeps again whatever
/// need not have been dropped. Lives are compared without kernels, which takes little time; every
/// step of the search is confirmed by a plan with real kernels and places.
final class Recomputation {
  /// Operations that take as long as moving one number through memory.
  private static final long FLOPS_PER_ELEMENT = 80;

  private final Model model;
  private final PlanOptions options;
  private final Map<Key, Long> scratch = new HashMap<>();
  private final Set<Node> candidates = new LinkedHashSet<>();

  /// Names a task in outlines of the same model.
  private record Key(Node node, Class<?> problem) {
    static Key of(Task task) {
      return new Key(
          task.node(), task instanceof Task.Solve s ? s.problem().getClass() : Task.Run.class);
    }
  }

  /// What a choice costs, as far as that is known without kernels.
  ///
  /// @param excess bytes alive above the limit, summed over all tasks
  /// @param work of what is computed again
  private record Estimate(long peak, double excess, double work) {}

  /// A choice and its plan.
  private record Attempt(Set<Node> again, Draft draft) {
    long memory() {
      return draft.memory();
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
    search.prepare(all.outline);
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
                  found.again().isEmpty() ? "" : ", with outputs computed again"));
    }
    return search.keep(found).draft();
  }

  private void prepare(Outline outline) {
    for (Task task : outline.tasks) {
      Kernel kernel =
          switch (task) {
            case Task.Solve solve -> options.engine().choose(solve.problem()).kernel();
            case Task.Run run -> run.choice().kernel();
          };
      long bytes = Step.scratch(kernel).stream().mapToLong(this::bytes).sum();
      scratch.merge(Key.of(task), bytes, Math::max);
      if (task.pass() == Step.Pass.BACKWARD) {
        for (Buffer buffer : task.buffers()) {
          Node root = outline.values.root(buffer);
          if (root != null && outline.values.mayForget(root)) {
            candidates.add(root);
          }
        }
      }
    }
  }

  private long bytes(Buffer buffer) {
    return switch (buffer.space()) {
      case ARENA -> 4 * buffer.size(options.batch());
      case BYTES -> buffer.size(options.batch());
      case PARAMETERS, GRADIENTS, PREPARED -> 0;
    };
  }

  private Attempt attempt(Set<Node> again) {
    return new Attempt(Set.copyOf(again), new Draft(new Outline(model, options, again), options));
  }

  /// Drops outputs until the plan fits, or dropping more is no use; gives the smallest plan met.
  private Attempt drop(Attempt from, long limit) {
    Set<Node> again = new HashSet<>(from.again());
    Attempt last = from;
    Attempt best = from;
    while (best.memory() > limit) {
      long peak = estimate(again, 0).peak();
      // What kernels and gaps between places add to the estimate will be there in the next plan
      // too.
      long more = last.memory() - peak;
      // Far below the peak everything exceeds, and what lies at the peak could not be told.
      long target = Math.max(limit - more, peak - peak / 16);
      Node next = best(again, Math.min(target, peak - 1));
      if (next == null) {
        return best;
      }
      again.add(next);
      last = attempt(again);
      best = last.memory() < best.memory() ? last : best;
    }
    return best;
  }

  /// The output whose loss frees most bytes above the target for the work it costs.
  private @Nullable Node best(Set<Node> again, long target) {
    Estimate now = estimate(again, target);
    Node best = null;
    double most = 0;
    for (Node node : candidates) {
      if (!again.contains(node)) {
        Set<Node> with = new HashSet<>(again);
        with.add(node);
        Estimate then = estimate(with, target);
        double gain = (now.excess() - then.excess()) / Math.max(1, then.work() - now.work());
        if (gain > most) {
          most = gain;
          best = node;
        }
      }
    }
    return best;
  }

  /// Keeps again what fits, the most expensive first.
  private Attempt keep(Attempt from) {
    List<Node> order = new ArrayList<>(from.again());
    order.sort(Comparator.comparingDouble(n -> estimate(Set.of(n), 0).work()));
    Attempt best = from;
    for (Node node : order.reversed()) {
      Set<Node> without = new HashSet<>(best.again());
      without.remove(node);
      Attempt less = attempt(without);
      best = less.memory() <= options.limit() ? less : best;
    }
    return best;
  }

  private Estimate estimate(Set<Node> again, long limit) {
    var outline = new Outline(model, options, again);
    List<Task> tasks = outline.tasks;
    Map<Buffer, int[]> lives = new HashMap<>();
    double work = 0;
    int turn = 0;
    for (int i = 0; i < tasks.size(); i++) {
      Task task = tasks.get(i);
      for (Buffer buffer : task.buffers()) {
        live(lives, buffer, i);
      }
      if (task.pass() == Step.Pass.FORWARD) {
        turn = i;
      }
      if (task.pass() == Step.Pass.RECOMPUTE) {
        work += task.flops() + FLOPS_PER_ELEMENT * (double) task.node().shape().elements();
      }
    }
    outline.inputs.forEach(b -> live(lives, b, 0));
    outline.wanted().forEach(b -> live(lives, b, Math.max(0, tasks.size() - 1)));
    for (Buffer buffer : outline.gradOutputs) {
      live(lives, buffer, turn);
    }
    long[] change = new long[Math.max(1, tasks.size()) + 1];
    lives.forEach((buffer, life) -> {
      change[life[0]] += bytes(buffer);
      change[life[1] + 1] -= bytes(buffer);
    });
    Arrays.parallelPrefix(change, Long::sum);
    long peak = 0;
    double excess = 0;
    for (int i = 0; i < tasks.size(); i++) {
      long alive = change[i] + Objects.requireNonNullElse(scratch.get(Key.of(tasks.get(i))), 0L);
      peak = Math.max(peak, alive);
      excess += Math.max(0, alive - limit);
    }
    return new Estimate(peak, excess, work);
  }

  private static void live(Map<Buffer, int[]> lives, Buffer buffer, int task) {
    boolean planned = buffer.space() == Space.ARENA || buffer.space() == Space.BYTES;
    if (planned) {
      int[] life = lives.computeIfAbsent(buffer, b -> new int[] {task, task});
      life[0] = Math.min(life[0], task);
      life[1] = Math.max(life[1], task);
    }
  }
}
