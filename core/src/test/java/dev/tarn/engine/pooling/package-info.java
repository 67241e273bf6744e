/// What pooling has to compute, written a second time, and the contract that holds engines to it.
@NullMarked
package dev.tarn.engine.pooling;

import org.jspecify.annotations.NullMarked;
