package dev.tarn.io.onnx;

import static dev.tarn.io.onnx.GraphWriter.set;

import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Select;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What is done along axes, in ONNX: transposing, selecting, reducing, and mixing cells, which is a
/// product with a matrix.
final class AxisExport {
  private final GraphWriter graph;

  AxisExport(GraphWriter graph) {
    this.graph = graph;
  }

  String transpose(String y, String x, List<Integer> order) {
    List<Integer> all = new ArrayList<>(List.of(0));
    order.forEach(axis -> all.add(axis + 1));
    return graph.node(y, "Transpose", List.of(x), set("perm", all));
  }

  String select(String y, String x, Select select, Shape input) {
    String taken = x;
    for (int axis = 0; axis < input.rank(); axis++) {
      List<Integer> cells = select.cells().get(axis);
      int size = input.size(axis);
      if (cells.equals(IntStream.range(0, size).boxed().toList())) {
        continue;
      }
      long[] wanted = cells.stream().mapToLong(c -> c == Select.NONE ? size : c).toArray();
      if (cells.contains(Select.NONE)) {
        long[] pads = new long[2 * (input.rank() + 1)];
        pads[input.rank() + 1 + axis + 1] = 1;
        List<String> inputs =
            List.of(
                taken, graph.wholes(y + ".pads", pads), graph.scalar(y + ".fill", select.fill()));
        taken = graph.step(y + ".filled", "Pad", inputs);
      }
      List<String> inputs = List.of(taken, graph.wholes(y + ".cells", wanted));
      taken = graph.step(y + ".taken", "Gather", inputs, set("axis", axis + 1));
    }
    return graph.node(y, "Identity", List.of(taken));
  }

  String reduce(String y, String x, Reduce reduce, Shape output) {
    String name =
        switch (reduce.statistic()) {
          case SUM -> "ReduceSum";
          case MEAN -> "ReduceMean";
          case MAX -> "ReduceMax";
          case MIN -> "ReduceMin";
          case PRODUCT -> "ReduceProd";
          case L1 -> "ReduceL1";
          case L2 -> "ReduceL2";
          case SUM_OF_SQUARES -> "ReduceSumSquare";
          case LOG_SUM -> "ReduceLogSum";
          case LOG_SUM_EXP -> "ReduceLogSumExp";
          case ARGMAX, ARGMAX_LAST -> "ArgMax";
          case ARGMIN, ARGMIN_LAST -> "ArgMin";
        };
    List<Integer> axes = reduce.axes().stream().map(axis -> axis + 1).toList();
    if (name.startsWith("Arg")) {
      if (axes.size() > 1) {
        throw new UnsupportedException(
            "the number of an extremum over several axes has no operator");
      }
      boolean last = reduce.statistic().name().endsWith("LAST");
      String number =
          graph.step(
              y + ".number",
              name,
              List.of(x),
              set("axis", axes.getFirst()),
              set("select_last_index", last ? 1 : 0));
      return graph.node(y, "Cast", List.of(number), set("to", Types.FLOAT));
    }
    if (graph.opset() < 18 && !name.equals("ReduceSum")) {
      return graph.node(y, name, List.of(x), set("axes", axes));
    }
    long[] wholes = axes.stream().mapToLong(a -> a).toArray();
    return graph.node(y, name, List.of(x, graph.wholes(y + ".axes", wholes)));
  }

  String resize(String y, String x, Resize resize) {
    List<float[][]> matrices = new ArrayList<>();
    for (Blend blend : resize.axes()) {
      float[][] matrix = new float[blend.inputs()][blend.outputs()];
      for (int o = 0; o < blend.outputs(); o++) {
        for (int k = blend.starts().get(o); k < blend.starts().get(o + 1); k++) {
          matrix[blend.cells().get(k)][o] += blend.weights().get(k).floatValue();
        }
      }
      matrices.add(matrix);
    }
    return mixed(y, x, matrices);
  }

  /// Every value goes to the cells of its region; a cell of several regions gets their mean.
  String spread(String y, String x, AverageUnpool unpool) {
    List<float[][]> matrices = new ArrayList<>();
    for (Spans spans : unpool.spans()) {
      float[][] matrix = new float[spans.outputs()][spans.inputs()];
      float[] count = new float[spans.inputs()];
      for (int o = 0; o < spans.outputs(); o++) {
        for (int t = 0; t < spans.taps(o); t++) {
          matrix[o][spans.from(o) + t * spans.step()] = 1;
          count[spans.from(o) + t * spans.step()]++;
        }
      }
      for (float[] row : matrix) {
        for (int cell = 0; cell < row.length; cell++) {
          row[cell] /= Math.max(1, count[cell]);
        }
      }
      matrices.add(matrix);
    }
    return mixed(y, x, matrices);
  }

  /// Every spatial axis times its matrix `[before][after]`, the axis turned to the end for it.
  private String mixed(String y, String x, List<float[][]> matrices) {
    int axes = matrices.size();
    String so = x;
    for (int axis = 0; axis < axes; axis++) {
      float[][] matrix = matrices.get(axis);
      float[] flat = new float[Math.multiplyExact(matrix.length, matrix[0].length)];
      for (int row = 0; row < matrix.length; row++) {
        System.arraycopy(matrix[row], 0, flat, row * matrix[row].length, matrix[row].length);
      }
      int[] dims = {matrix.length, matrix[0].length};
      AttributeProto swap = swap(axes, axis);
      boolean last = axis == axes - 1;
      String turned = last ? so : graph.step(y + ".turned", "Transpose", List.of(so), swap);
      String mixed =
          graph.step(
              y + ".mixed", "MatMul", List.of(turned, graph.reals(y + ".matrix", dims, flat)));
      so = last ? mixed : graph.step(y + ".back", "Transpose", List.of(mixed), swap);
    }
    return graph.node(y, "Identity", List.of(so));
  }

  private static AttributeProto swap(int axes, int axis) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, axes + 2).boxed().toList());
    order.set(axis + 2, axes + 1);
    order.set(axes + 1, axis + 2);
    return set("perm", order);
  }
}
