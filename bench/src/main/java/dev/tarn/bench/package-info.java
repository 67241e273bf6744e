/// JMH benchmarks with the names of `tarn bench`, and other libraries of the JVM beside them.
@NullMarked
package dev.tarn.bench;

import org.jspecify.annotations.NullMarked;
