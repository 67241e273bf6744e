package dev.tarn.bench.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.tarn.bench.Library;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.model.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// ONNX Runtime's native library through its own Java interface (MIT): predictions of the networks
/// as Tarn exports them. Input and output stay in memory that it owns. Channels first; it does not
/// train.
public final class OnnxRuntime implements Library {
  @Override
  public String name() {
    return "onnxruntime";
  }

  @Override
  public boolean has(String name) {
    NamedModel named = NamedModel.of(name);
    return named != null && named.work() == NamedModel.Work.FORWARD;
  }

  @Override
  public Prepared prepare(String name, int threads) {
    NamedModel named = Objects.requireNonNull(NamedModel.of(name));
    try {
      Path folder = Files.createTempDirectory("onnxruntime");
      try {
        Path file = folder.resolve("model.onnx");
        OnnxWriter.standard().write(file, Parameters.initialize(named.model(), 1));
        return forward(file, named, threads);
      } finally {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Forward forward(Path file, NamedModel named, int threads) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    var options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    options.setInterOpNumThreads(1);
    OrtSession session = environment.createSession(file.toString(), options);
    String input = session.getInputNames().iterator().next();
    String output = session.getOutputNames().iterator().next();
    OnnxTensor x = tensor(environment, named.inputs(), named.inputShape().toArray());
    float[] values = new float[named.outputShape().arraySize()];
    OnnxTensor y = tensor(environment, values, named.outputShape().toArray());
    return new Forward(options, session, Map.of(input, x), Map.of(output, y));
  }

  private static OnnxTensor tensor(OrtEnvironment environment, float[] values, int[] shape)
      throws OrtException {
    long[] sizes = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      sizes[i] = shape[i];
    }
    FloatBuffer direct =
        ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    return OnnxTensor.createTensor(environment, direct.put(values).rewind(), sizes);
  }

  private record Forward(
      OrtSession.SessionOptions options,
      OrtSession session,
      Map<String, OnnxTensor> inputs,
      Map<String, OnnxTensor> outputs)
      implements Prepared {
    @Override
    public Object get() {
      try (OrtSession.Result result = session.run(inputs, outputs)) {
        return result.size();
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      try {
        List.of(inputs, outputs).forEach(each -> each.values().forEach(OnnxTensor::close));
        session.close();
        options.close();
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
