/// Other libraries of the JVM, compiled with -Ppeers alone.
@NullMarked
package dev.tarn.bench.peer;

import org.jspecify.annotations.NullMarked;
