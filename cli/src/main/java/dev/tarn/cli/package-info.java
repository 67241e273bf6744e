/// The command line: `tarn train`, `tarn pool` and the rest. An application, not a library.
@NullMarked
package dev.tarn.cli;

import org.jspecify.annotations.NullMarked;
