/// Everything that can go wrong, by kind: one unchecked root and one class per kind of fault.
@NullMarked
package dev.tarn.error;

import org.jspecify.annotations.NullMarked;
