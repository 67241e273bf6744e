/// Shapes, tensors, and the vocabulary of windows: what everything else is written in.
@NullMarked
package dev.tarn.tensor;

import org.jspecify.annotations.NullMarked;
