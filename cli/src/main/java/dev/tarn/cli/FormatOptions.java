package dev.tarn.cli;

import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.model.Model;
import java.util.Map;
import java.util.Optional;

/// What a file does not say about its network, and how to write another.
///
/// @param onnx shapes that a file leaves open
/// @param writer how ONNX files are written
/// @param model the network of a file that holds weights alone
/// @param modules PyTorch's names of its layers by ours; empty where they have ours
record FormatOptions(
    OnnxOptions onnx, OnnxWriter writer, Optional<Model> model, Map<String, String> modules) {
  static final FormatOptions NONE =
      new FormatOptions(OnnxOptions.NONE, OnnxWriter.standard(), Optional.empty(), Map.of());

  FormatOptions onnx(OnnxOptions options, OnnxWriter how) {
    return new FormatOptions(options, how, model, modules);
  }

  FormatOptions weights(Optional<Model> network, Map<String, String> names) {
    return new FormatOptions(onnx, writer, network, names);
  }
}
