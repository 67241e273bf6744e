/// Networks of Keras, read from and written to `.keras` and `.h5` files. No code of a file is run.
@NullMarked
package dev.tarn.io.keras;

import org.jspecify.annotations.NullMarked;
