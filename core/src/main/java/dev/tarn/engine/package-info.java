/// Contracts between plans and kernels: problems, kernels, frames and workers. Sees no layer.
@NullMarked
package dev.tarn.engine;

import org.jspecify.annotations.NullMarked;
