/// NumPy's .npy and .npz files. No pickle is ever read.
@NullMarked
package dev.tarn.io.numpy;

import org.jspecify.annotations.NullMarked;
