/// Zip archives, read from memory or file without trusting what they say about themselves.
@NullMarked
package dev.tarn.io.zip;

import org.jspecify.annotations.NullMarked;
