/// What every engine must answer: problems with everything they need to run, one table of cases per
/// family, named for the reason they exist.
///
/// Compiled twice, as the library's sources are: for float, and for double in `dev.tarn.f64`, where
/// gradients are checked.
@NullMarked
package dev.tarn.engine.contract;

import org.jspecify.annotations.NullMarked;
