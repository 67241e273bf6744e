/// Training: labelled examples, batches, losses, optimizers, and the loop that joins them.
@NullMarked
package dev.tarn.train;

import org.jspecify.annotations.NullMarked;
