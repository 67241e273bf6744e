package dev.tarn.io.onnx;

import com.google.protobuf.CodedOutputStream;
import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.onnx.GraphProto;
import dev.tarn.onnx.ModelProto;
import dev.tarn.onnx.OperatorSetIdProto;
import dev.tarn.onnx.StringStringEntryProto;
import dev.tarn.onnx.TensorProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes models as ONNX files that other programs run to the same numbers.
///
/// Weights stream to the file from the parameters' array. Where they do not fit in one protobuf
/// message (2 GiB), or on request, they go to a file `NAME.data` beside it.
public final class OnnxWriter {
  /// Where weights are written.
  public enum Weights {
    /// In the model's file as long as that is possible.
    INSIDE,
    /// In a file of their own beside it.
    BESIDE
  }

  private static final int OLDEST_OPSET = 17;
  private static final int NEWEST_OPSET = 21;
  private static final int CHUNK_FLOATS = 1 << 14;

  private final int opset;
  private final Weights weights;

  private OnnxWriter(int opset, Weights weights) {
    this.opset = opset;
    this.weights = weights;
  }

  /// A writer of operator set 17 with weights inside.
  public static OnnxWriter standard() {
    return new OnnxWriter(OLDEST_OPSET, Weights.INSIDE);
  }

  /// The same for another operator set.
  ///
  /// @param version 17 to 21
  public OnnxWriter opset(int version) {
    if (version < OLDEST_OPSET || version > NEWEST_OPSET) {
      throw new ParameterException(
          "opset is %d; needed %d to %d.".formatted(version, OLDEST_OPSET, NEWEST_OPSET));
    }
    return new OnnxWriter(version, weights);
  }

  /// The same with weights elsewhere.
  public OnnxWriter weights(Weights where) {
    return new OnnxWriter(opset, where);
  }

  /// Writes a file, complete or not at all.
  ///
  /// @throws dev.tarn.error.UnsupportedException if a layer cannot be said in ONNX; all of them are
  ///   named at once
  /// @throws dev.tarn.error.StoreException if the file cannot be written
  public void write(Path file, Parameters parameters) {
    Model model = parameters.model();
    var graph = new GraphWriter("tarn", opset);
    new Exporter(graph, parameters).write();
    GraphProto nodes = graph.graph();
    boolean beside =
        weights == Weights.BESIDE || size(nodes, parameters) > MessageScanner.LARGEST_FILE;
    String name = String.valueOf(file.getFileName()) + ".data";
    if (beside) {
      Publisher.write(file.resolveSibling(name), out -> data(out, parameters));
    }
    List<TensorProto> heads = new ArrayList<>();
    long at = 0;
    for (Parameter parameter : model.parameters()) {
      TensorProto.Builder head = head(parameter);
      if (beside) {
        head.setDataLocation(1)
            .addExternalData(entry("location", name))
            .addExternalData(entry("offset", Long.toString(at)))
            .addExternalData(entry("length", Long.toString(4L * parameter.size())));
        at += 4L * parameter.size();
      }
      heads.add(head.build());
    }
    Publisher.write(
        file, content(nodes, heads, parameters, beside ? Weights.BESIDE : Weights.INSIDE));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static TensorProto.Builder head(Parameter parameter) {
    TensorProto.Builder head =
        TensorProto.newBuilder().setName(parameter.name()).setDataType(Types.FLOAT);
    for (int size : parameter.spec().shape().toArray()) {
      head.addDims(size);
    }
    if (parameter.spec().name().equals("value")) {
      head.clearDims().addDims(1); // a constant is the same for all samples
      for (int size : parameter.spec().shape().toArray()) {
        head.addDims(size);
      }
    }
    return head;
  }

  private static long size(GraphProto nodes, Parameters parameters) {
    long size = nodes.getSerializedSize() + 1024L;
    for (Parameter parameter : parameters.model().parameters()) {
      size += 4L * parameter.size() + head(parameter).build().getSerializedSize() + 32L;
    }
    return size;
  }

  /// The model message, put together by hand around the weights, which are not copied.
  private Content content(
      GraphProto nodes, List<TensorProto> heads, Parameters parameters, Weights where) {
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(opset < 19 ? 8 : opset < 21 ? 9 : 10)
            .setProducerName("tarn")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
            .build();
    List<Parameter> all = parameters.model().parameters();
    return stream -> {
      CodedOutputStream out = CodedOutputStream.newInstance(stream, 1 << 16);
      model.writeTo(out);
      long size = nodes.getSerializedSize();
      for (int i = 0; i < heads.size(); i++) {
        size += initializerSize(heads.get(i), all.get(i), where);
      }
      out.writeTag(ModelProto.GRAPH_FIELD_NUMBER, 2);
      out.writeUInt64NoTag(size);
      nodes.writeTo(out);
      for (int i = 0; i < heads.size(); i++) {
        TensorProto head = heads.get(i);
        Parameter parameter = all.get(i);
        out.writeTag(GraphProto.INITIALIZER_FIELD_NUMBER, 2);
        out.writeUInt64NoTag(tensorSize(head, parameter, where));
        head.writeTo(out);
        if (where == Weights.INSIDE) {
          out.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, 2);
          out.writeUInt64NoTag(4L * parameter.size());
          out.flush();
          floats(stream, parameters.array(), parameter.at(), parameter.size());
        }
      }
      out.flush();
    };
  }

  private static long tensorSize(TensorProto head, Parameter parameter, Weights where) {
    long bytes = 4L * parameter.size();
    long raw =
        where == Weights.BESIDE
            ? 0
            : CodedOutputStream.computeTagSize(TensorProto.RAW_DATA_FIELD_NUMBER)
                + CodedOutputStream.computeUInt64SizeNoTag(bytes)
                + bytes;
    return head.getSerializedSize() + raw;
  }

  private static long initializerSize(TensorProto head, Parameter parameter, Weights where) {
    long size = tensorSize(head, parameter, where);
    return CodedOutputStream.computeTagSize(GraphProto.INITIALIZER_FIELD_NUMBER)
        + CodedOutputStream.computeUInt64SizeNoTag(size)
        + size;
  }

  private static void data(OutputStream out, Parameters parameters) throws IOException {
    for (Parameter parameter : parameters.model().parameters()) {
      floats(out, parameters.array(), parameter.at(), parameter.size());
    }
  }

  private static void floats(OutputStream out, float[] values, int at, int count)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(4 * CHUNK_FLOATS).order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < count; done += CHUNK_FLOATS) {
      int now = Math.min(CHUNK_FLOATS, count - done);
      chunk.clear();
      chunk.asFloatBuffer().put(values, at + done, now);
      out.write(chunk.array(), 0, 4 * now);
    }
  }

  /// What messages call a layer that cannot be written.
  static String unsaid(String name, String why) {
    return "%s (%s)".formatted(TarnException.quote(name), why);
  }
}
