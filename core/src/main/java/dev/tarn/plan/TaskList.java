package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The list of tasks while lowering makes it.
final class TaskList {
  private final List<Task> tasks = new ArrayList<>();
  private final List<Problem> preparations = new ArrayList<>();

  void add(Node node, Step.Pass pass, Problem problem, long flops) {
    add(List.of(node), pass, problem, flops);
  }

  /// @param nodes all layers that the problem solves
  void add(List<Node> nodes, Step.Pass pass, Problem problem, long flops) {
    tasks.add(new Task.Solve(nodes, pass, problem, ProblemBuffers.of(problem), flops));
  }

  /// Adds what is done once, before the first run, and again when the parameters have changed.
  void prepare(Problem problem) {
    preparations.add(problem);
  }

  List<Problem> preparations() {
    return List.copyOf(preparations);
  }

  void add(Node node, CustomKernels.Bound custom) {
    long flops = node.layer().flops(node.inputShapes(), node.shape());
    Choice choice = Choice.of(custom.kernel());
    tasks.add(new Task.Run(List.of(node), custom.pass(), choice, custom.buffers(), flops));
  }

  /// The tasks, without those that compute again what nobody reads.
  List<Task> needed() {
    List<Task> needed = new ArrayList<>();
    Set<Buffer> read = new HashSet<>();
    for (Task task : tasks.reversed()) {
      boolean idle =
          task instanceof Task.Solve solve
              && solve.pass() == Step.Pass.RECOMPUTE
              && solve.touched().writes().stream().noneMatch(read::contains);
      if (!idle) {
        needed.add(task);
        read.addAll(
            switch (task) {
              case Task.Solve solve -> solve.touched().reads();
              case Task.Run run -> run.buffers();
            });
      }
    }
    List<Task> order = new ArrayList<>(needed.reversed());
    hoist(order);
    return List.copyOf(order);
  }

  /// Moves what is computed again before the gradients of pooling and activations that hand on to
  /// each other around it, so that a limit of memory does not keep chains of them from being found,
  /// some of which sum in another order. It depends on no gradient. Gradients of convolutions,
  /// whose working memory is large, stay before it.
  private static void hoist(List<Task> order) {
    for (int at = 0; at < order.size(); at++) {
      int past = at;
      while (past < order.size() && order.get(past).pass() == Step.Pass.RECOMPUTE) {
        past++;
      }
      int to = at;
      while (past > at && past < order.size() && to > 0) {
        Task next = order.get(to == at ? past : to);
        if (!handsOn(order.get(to - 1), next)) {
          break;
        }
        to--;
      }
      Collections.rotate(order.subList(to, past), past - at);
      at = Math.max(at, past - 1);
    }
  }

  private static boolean handsOn(Task before, Task next) {
    return before.pass() == Step.Pass.BACKWARD
        && next.pass() == Step.Pass.BACKWARD
        && before instanceof Task.Solve from
        && (from.problem() instanceof PoolProblem || from.problem() instanceof PointwiseProblem)
        && next instanceof Task.Solve to
        && to.touched().reads().contains(from.touched().writes().getFirst());
  }
}
