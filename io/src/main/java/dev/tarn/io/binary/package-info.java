/// How every binary format is read and written: one bounds-checked cursor, one set of element
/// types.
@NullMarked
package dev.tarn.io.binary;

import org.jspecify.annotations.NullMarked;
