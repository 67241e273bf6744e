/// Looking into a network: what it computed, from what, and why.
@NullMarked
package dev.tarn.insight;

import org.jspecify.annotations.NullMarked;
