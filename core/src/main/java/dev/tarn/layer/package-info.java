/// Layers: immutable descriptions with a shape rule. [dev.tarn.layer.Pool] is the heart.
@NullMarked
package dev.tarn.layer;

import org.jspecify.annotations.NullMarked;
