/// The safetensors format: named arrays behind a JSON header.
@NullMarked
package dev.tarn.io.safetensors;

import org.jspecify.annotations.NullMarked;
