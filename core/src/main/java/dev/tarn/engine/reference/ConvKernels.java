package dev.tarn.engine.reference;

import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Kernel;

/// Plain-loop kernels for [ConvProblem].
final class ConvKernels {
  private ConvKernels() {}

  static Kernel of(ConvProblem problem) {
    return switch (problem) {
      case ConvProblem.Forward forward -> new ConvForward(forward);
      case ConvProblem.BackwardData backward -> new ConvBackwardData(backward);
      case ConvProblem.BackwardWeights backward -> new ConvBackwardWeights(backward);
    };
  }

  /// `3×3`, `1×5×5`, …: the axes of the window that are there.
  static String window(ConvGeometry geometry) {
    String plane = geometry.height().kernel() + "×" + geometry.width().kernel();
    return geometry.depth().kernel() == 1 ? plane : geometry.depth().kernel() + "×" + plane;
  }
}
