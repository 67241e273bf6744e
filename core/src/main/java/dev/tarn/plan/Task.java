package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Problem;
import dev.tarn.model.Node;
import java.util.List;

/// Something to be done for a layer, before it is known which kernel does it and together with what
/// else.
sealed interface Task {
  /// The layers it works for, in the order of the work.
  List<Node> nodes();

  /// The last of them.
  default Node node() {
    return nodes().getLast();
  }

  Step.Pass pass();

  /// Every buffer it touches.
  List<Buffer> buffers();

  /// Multiplications and additions for one sample.
  long flops();

  /// A problem that the engine solves.
  record Solve(
      List<Node> nodes, Step.Pass pass, Problem problem, ProblemBuffers touched, long flops)
      implements Task {
    @Override
    public List<Buffer> buffers() {
      return touched.all();
    }
  }

  /// Work of a kernel that is given, such as a user's layer.
  record Run(List<Node> nodes, Step.Pass pass, Choice choice, List<Buffer> buffers, long flops)
      implements Task {}
}
