/// The messages of an ONNX file, generated from the schema in `src/main/protobuf`.
module dev.tarn.onnx {
  requires transitive com.google.protobuf;

  exports dev.tarn.onnx;
}
