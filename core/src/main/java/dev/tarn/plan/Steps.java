package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.List;

/// The list of steps while it grows: asks the engine for a kernel for every problem.
final class Steps {
  private final Engine engine;
  private final List<Step> list = new ArrayList<>();

  Steps(Engine engine) {
    this.engine = engine;
  }

  void add(Node node, Step.Pass pass, Problem problem, long flops) {
    Choice choice = engine.choose(problem);
    list.add(new Step(node, pass, choice, ProblemBuffers.of(problem), flops));
  }

  void add(Node node, CustomKernels.Bound custom) {
    long flops = node.layer().flops(node.inputShapes(), node.shape());
    list.add(new Step(node, custom.pass(), Choice.of(custom.kernel()), custom.buffers(), flops));
  }

  int size() {
    return list.size();
  }

  List<Step> list() {
    return List.copyOf(list);
  }

  /// Lets the planner know of what is prepared once, which is alive all the time, and of the
  /// working memory needed while it is made, before the first step.
  void once(MemoryPlanner planner) {
    for (Step step : list) {
      for (Kernel kernel : step.once()) {
        for (Buffer buffer : kernel.scratch()) {
          planner.touch(buffer, -2);
          if (buffer.space() == Space.PREPARED) {
            planner.touch(buffer, list.size());
          }
        }
      }
    }
  }

  /// Lets the planner know which steps touch which buffers.
  void describe(MemoryPlanner planner) {
    for (int step = 0; step < list.size(); step++) {
      for (Buffer buffer : list.get(step).buffers()) {
        planner.touch(buffer, step);
      }
    }
  }
}
