/// Plain loops: the specification, the fallback and the oracle of every other engine.
@NullMarked
package dev.tarn.engine.reference;

import org.jspecify.annotations.NullMarked;
