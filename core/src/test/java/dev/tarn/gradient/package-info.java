/// Gradients against central differences in double, and in float against double.
@NullMarked
package dev.tarn.gradient;

import org.jspecify.annotations.NullMarked;
