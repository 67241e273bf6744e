package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Problem;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// The list of tasks while lowering makes it; [#of] then turns it into steps.
final class Steps {
  private final List<Task> tasks = new ArrayList<>();

  void add(Node node, Step.Pass pass, Problem problem, long flops) {
    tasks.add(new Task.Solve(node, pass, problem, ProblemBuffers.of(problem), flops));
  }

  void add(Node node, CustomKernels.Bound custom) {
    long flops = node.layer().flops(node.inputShapes(), node.shape());
    Choice choice = Choice.of(custom.kernel());
    tasks.add(new Task.Run(node, custom.pass(), choice, custom.buffers(), flops));
  }

  /// Asks the engine for kernels.
  ///
  /// @param wanted buffers that somebody reads when all is done
  List<Step> of(PlanOptions options, Collection<Buffer> wanted) {
    return new Peephole(options, tasks, wanted).steps();
  }
}
