/// Timings of named cases, each checked against the reference engine before it is timed.
@NullMarked
package dev.tarn.cli.bench;

import org.jspecify.annotations.NullMarked;
