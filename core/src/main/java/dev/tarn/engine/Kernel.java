package dev.tarn.engine;

import java.util.List;

/// One piece of arithmetic, bound to its buffers.
///
/// A kernel keeps nothing between runs, starts no threads and allocates nothing. Its work is cut
/// into blocks whose number depends only on the problem and the batch, never on the threads there
/// are; blocks of one kernel may run at the same time, so each writes places of its own.
public interface Kernel {
  /// A short name for `explain`: `max 2×2/2 reference`.
  String name();

  /// How many blocks the work of this batch is cut into; 0 does nothing.
  int blocks(int batch);

  /// Does one block of the work.
  void run(Frame frame, int block);

  /// Working memory of the kernel's own, to be placed by the plan and alive while it runs.
  default List<Buffer> scratch() {
    return List.of();
  }

  /// Kernels that turn constants ([Buffer#isConstant]) into buffers of [Space#PREPARED]. A plan
  /// runs them before the first run of a frame, and again whenever the parameters have changed;
  /// their work must not depend on the batch.
  default List<Kernel> once() {
    return List.of();
  }

  /// A kernel to run after all blocks of this one, such as the sum of its partial results.
  default List<Kernel> after() {
    return List.of();
  }
}
