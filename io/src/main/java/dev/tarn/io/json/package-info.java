/// JSON, read strictly and written the same way every time.
@NullMarked
package dev.tarn.io.json;

import org.jspecify.annotations.NullMarked;
