/// Plans: a model, a batch and a mode turned into a flat list of steps in one arena. The only
/// package that sees layers and kernels.
@NullMarked
package dev.tarn.plan;

import org.jspecify.annotations.NullMarked;
