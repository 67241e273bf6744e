package dev.tarn.io.onnx;

import dev.tarn.io.binary.ElementType;

/// What stands behind a name in a graph while it is read.
sealed interface Value permits Known, Computed {
  ElementType type();

  /// The sizes of all axes; [Computed#BATCH] for the batch.
  int[] dims();

  default int rank() {
    return dims().length;
  }
}
