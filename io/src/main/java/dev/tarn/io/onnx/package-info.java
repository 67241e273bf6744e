/// ONNX files: networks of other frameworks read as Tarn's models, and Tarn's models written.
@NullMarked
package dev.tarn.io.onnx;

import org.jspecify.annotations.NullMarked;
