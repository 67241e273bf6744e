/// Tarn's own files: a model, its weights and, while it trains, the state of the training, in one
/// `.tarn` file.
@NullMarked
package dev.tarn.io.model;

import org.jspecify.annotations.NullMarked;
