package dev.tarn.zoo;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.tarn.model.Model;
import dev.tarn.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// ONNX Runtime, which runs what Tarn wrote.
final class OnnxRuntime {
  private OnnxRuntime() {}

  /// The values of all outputs of a file that was written of `model`.
  static List<float[]> run(Path file, Model model, List<Tensor> inputs) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session = environment.createSession(file.toString(), options)) {
        Map<String, OnnxTensor> values = new LinkedHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
          Tensor tensor = inputs.get(i);
          long[] shape = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
          values.put(
              model.inputs().get(i).name(),
              OnnxTensor.createTensor(environment, FloatBuffer.wrap(tensor.array()), shape));
        }
        List<float[]> outputs = new ArrayList<>();
        try (OrtSession.Result result = session.run(values)) {
          for (int i = 0; i < model.outputs().size(); i++) {
            FloatBuffer buffer = ((OnnxTensor) result.get(i)).getFloatBuffer();
            float[] copy = new float[buffer.remaining()];
            buffer.get(copy);
            outputs.add(copy);
          }
        } finally {
          values.values().forEach(OnnxTensor::close);
        }
        return outputs;
      }
    }
  }
}
