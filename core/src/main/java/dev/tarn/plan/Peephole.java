package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Problem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns tasks into steps: neighbours that read what those before them wrote become one step where
/// the engine has a kernel for all and nobody else reads what lies between.
///
/// The longest chain that the engine accepts wins, from the first task on. Nothing is reordered.
final class Peephole {
  /// Longer chains than these no engine knows.
  private static final int LONGEST = 5;

  private final Engine engine;
  private final boolean fuse;
  private final List<Task> tasks;
  private final Set<Buffer> wanted;
  private final Map<Buffer, Integer> firstTouch = new HashMap<>();
  private final Map<Buffer, Integer> lastTouch = new HashMap<>();

  Peephole(PlanOptions options, List<Task> tasks, Collection<Buffer> wanted) {
    this.engine = options.engine();
    this.fuse = options.fusion() != PlanOptions.Fusion.NONE;
    this.tasks = tasks;
    this.wanted = new HashSet<>(wanted);
    for (int i = 0; i < tasks.size(); i++) {
      for (Buffer buffer : tasks.get(i).buffers()) {
        firstTouch.putIfAbsent(buffer, i);
        lastTouch.put(buffer, i);
      }
    }
  }

  List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (int at = 0; at < tasks.size(); ) {
      List<String> refusals = new ArrayList<>();
      int past = at + longest(at);
      Choice choice = fuse(at, past, refusals);
      while (choice == null && past > at + 1) {
        past--;
        choice = fuse(at, past, refusals);
      }
      steps.add(choice == null ? single(tasks.get(at), refusals) : fused(at, past, choice));
      at = past;
    }
    return List.copyOf(steps);
  }

  private Step single(Task task, List<String> refusals) {
    Choice choice =
        switch (task) {
          case Task.Solve solve -> engine.choose(solve.problem());
          case Task.Run run -> run.choice();
        };
    refusals.addAll(choice.refusals());
    Choice all = new Choice(choice.kernel(), refusals);
    return new Step(task.nodes(), task.pass(), all, task.buffers(), task.flops());
  }

  private Step fused(int at, int past, Choice choice) {
    List<Task> links = tasks.subList(at, past);
    Set<Buffer> buffers = new LinkedHashSet<>();
    links.forEach(t -> buffers.addAll(t.buffers()));
    buffers.removeIf(b -> isInside(b, at, past));
    return new Step(
        links.stream().flatMap(t -> t.nodes().stream()).distinct().toList(),
        links.getFirst().pass(),
        choice,
        List.copyOf(buffers),
        links.stream().mapToLong(Task::flops).sum());
  }

  /// Whether a buffer only hands a result from one link to the next, so that it needs no place.
  private boolean isInside(Buffer buffer, int at, int past) {
    boolean between = false;
    for (int i = at; i < past - 1; i++) {
      between |= result(i) == buffer && isRead(buffer, i + 1, past);
    }
    return between
        && buffer != result(past - 1)
        && firstTouch.getOrDefault(buffer, 0) >= at
        && lastTouch.getOrDefault(buffer, past) < past
        && !wanted.contains(buffer);
  }

  private @Nullable Choice fuse(int at, int past, List<String> refusals) {
    if (past - at < 2 || !isLegal(at, past)) {
      return null;
    }
    List<Problem> links = new ArrayList<>();
    for (Task task : tasks.subList(at, past)) {
      if (task instanceof Task.Solve solve) {
        links.add(solve.problem());
      }
    }
    return engine.fuse(new Chain(links), refusals);
  }

  /// Whether one of these tasks reads a buffer.
  private boolean isRead(@Nullable Buffer buffer, int from, int past) {
    for (int i = from; i < past; i++) {
      if (tasks.get(i) instanceof Task.Solve solve && solve.touched().reads().contains(buffer)) {
        return true;
      }
    }
    return false;
  }

  /// Whether nobody else needs what links leave for those behind them, in buffers that the last
  /// does not overwrite.
  private boolean isLegal(int at, int past) {
    for (int i = at; i < past - 1; i++) {
      Buffer between = result(i);
      boolean free =
          between == result(past - 1)
              || !isRead(between, i + 1, past)
              || (lastTouch.getOrDefault(between, past) < past && !wanted.contains(between));
      if (!free) {
        return false;
      }
    }
    return true;
  }

  /// How many tasks from `at` on each read the result of one before.
  private int longest(int at) {
    int past = at + 1;
    while (fuse && past < tasks.size() && past - at < LONGEST && follows(at, past)) {
      past++;
    }
    return past - at;
  }

  private boolean follows(int at, int i) {
    Task next = tasks.get(i);
    boolean reads = false;
    for (int j = at; j < i; j++) {
      Buffer before = result(j);
      if (before == null) {
        return false;
      }
      reads |= next instanceof Task.Solve solve && solve.touched().reads().contains(before);
    }
    return reads && next.pass() == tasks.get(i - 1).pass();
  }

  /// What a task leaves for others; null where it leaves only a part of it, or several things.
  private @Nullable Buffer result(int i) {
    return tasks.get(i) instanceof Task.Solve solve
            && !(solve.problem() instanceof MoveProblem.CopyChannels)
        ? solve.touched().writes().getFirst()
        : null;
  }
}
