package dev.tarn.plan;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.error.LimitException;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/// An outline with kernels and places.
final class Draft {
  final Outline outline;
  final List<Step> forward;
  final List<Step> backward;
  final List<Kernel> once;
  final long arenaSize;
  final long byteSize;
  final long preparedSize;
  private final long[] alive;

  Draft(Outline outline, PlanOptions options) {
    this.outline = outline;
    List<Step> all = new Peephole(options, outline.tasks, outline.wanted()).steps();
    this.forward = all.stream().filter(s -> s.pass() == Step.Pass.FORWARD).toList();
    this.backward = all.stream().filter(s -> s.pass() != Step.Pass.FORWARD).toList();
    // What kernels prepare may be made of what the plan prepares.
    this.once =
        Stream.concat(
                outline.preparations.stream().map(p -> options.engine().choose(p).kernel()),
                all.stream().flatMap(s -> s.once().stream()))
            .toList();
    MemoryPlanner planner = lives();
    this.arenaSize = planner.place(Space.ARENA, options.batch(), options.memory());
    this.byteSize = planner.place(Space.BYTES, options.batch(), options.memory());
    this.preparedSize = planner.place(Space.PREPARED, options.batch(), options.memory());
    this.alive = planner.alive(forward.size() + backward.size(), options.batch());
  }

  /// Bytes in use at every step, forward and backward.
  long[] alive() {
    return alive;
  }

  /// Bytes that one frame needs besides the parameters.
  long memory() {
    return 4 * arenaSize + byteSize;
  }

  /// @throws LimitException if an array cannot be so long
  void requireOneArray() {
    long most = Math.max(arenaSize, Math.max(byteSize, preparedSize));
    if (most > Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "plan: needs %d elements; one arena holds at most %d (%d bytes as float32). Use a smaller batch or input, or set a limit with PlanOptions.within."
              .formatted(most, Shape.MOST_ELEMENTS, 4L * Shape.MOST_ELEMENTS));
    }
  }

  private MemoryPlanner lives() {
    var planner = new MemoryPlanner();
    int turn = forward.size();
    int end = turn + backward.size();
    for (int i = 0; i < turn; i++) {
      planner.touch(forward.get(i).buffers(), i);
    }
    for (int i = turn; i < end; i++) {
      planner.touch(backward.get(i - turn).buffers(), i);
    }
    for (Kernel kernel : once) {
      planner.prepare(kernel, end);
    }
    for (Problem problem : outline.preparations) {
      planner.prepared(ProblemBuffers.of(problem).writes(), end);
    }
    outline.inputs.forEach(planner::given);
    planner.touch(outline.wanted(), end);
    planner.touch(outline.gradOutputs, turn - 1);
    planner.touch(outline.gradOutputs, turn);
    return planner;
  }
}
