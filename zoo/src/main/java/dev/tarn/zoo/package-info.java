/// The networks of the textbooks and papers, one file a paper, each as short as the paper's own
/// table.
@NullMarked
package dev.tarn.zoo;

import org.jspecify.annotations.NullMarked;
