package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Problem;
import dev.tarn.model.Node;
import java.util.ArrayList;
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
    return List.copyOf(needed.reversed());
  }
}
