/// Formats and data: everything Tarn reads and writes.
module dev.tarn.io {
  requires com.fasterxml.jackson.core;
  requires com.twelvemonkeys.imageio.jpeg;
  requires com.google.protobuf;
  requires dev.tarn.onnx;
  requires java.desktop;
  requires java.net.http;
  requires static org.jspecify;
  requires transitive dev.tarn;

  exports dev.tarn.io.binary;
  exports dev.tarn.io.data;
  exports dev.tarn.io.hdf5;
  exports dev.tarn.io.image;
  exports dev.tarn.io.keras;
  exports dev.tarn.io.json;
  exports dev.tarn.io.model;
  exports dev.tarn.io.numpy;
  exports dev.tarn.io.onnx;
  exports dev.tarn.io.safetensors;
  exports dev.tarn.io.store;
  exports dev.tarn.io.zip;
}
