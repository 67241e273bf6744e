/// Kernels on the JDK's Vector API: the only package that touches `jdk.incubator.vector`.
///
/// Lanes run over outputs, never along a sum, so no result depends on how wide the lanes are.
@NullMarked
package dev.tarn.engine.vector;

import org.jspecify.annotations.NullMarked;
