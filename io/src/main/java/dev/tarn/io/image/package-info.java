/// Images in and out: PNG, JPEG, GIF and BMP as tensors, feature maps and learning curves as PNG.
@NullMarked
package dev.tarn.io.image;

import org.jspecify.annotations.NullMarked;
