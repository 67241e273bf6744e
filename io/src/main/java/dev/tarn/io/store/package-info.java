/// How everything is written: complete or not at all, whatever happens in between.
@NullMarked
package dev.tarn.io.store;

import org.jspecify.annotations.NullMarked;
