package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Initializer;
import dev.tarn.model.Node;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Statistic;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Products of matrices: dense layers where one factor is known, sums of products where both are
/// computed.
final class MatrixOperators {
  static final Set<String> NAMES = Set.of("Gemm", "MatMul");

  private MatrixOperators() {}

  static Value read(Call call) {
    return call.operator().equals("Gemm") ? gemm(call) : matMul(call);
  }

  private static Value gemm(Call call) {
    Attributes a = call.attributes();
    double alpha = a.real("alpha", 1);
    double beta = a.real("beta", 1);
    boolean turnLeft = a.flag("transA", false);
    boolean turnRight = a.flag("transB", false);
    Emitter emit = call.emit();
    Value left = call.input(0);
    Emitter.requireRank(left, 2, 2);
    Value right = left instanceof Computed ? call.known(1) : call.input(1);
    Emitter.requireRank(right, 2, 2);
    if (left instanceof Computed x && x.hasBatch() && !turnLeft && right instanceof Known weight) {
      Known bias = call.knownOrNull(2);
      int units = weight.dims()[turnRight ? 0 : 1];
      boolean perUnit = bias == null || bias.elements() == units || bias.elements() == 1;
      if (!perUnit) {
        throw new MixedSamples("every sample has a bias of its own");
      }
      return dense(emit, x, weight, turnRight, bias, alpha, beta);
    }
    Value product =
        product(
            emit,
            turnLeft ? emit.transpose(left, 1, 0) : left,
            turnRight ? emit.transpose(right, 1, 0) : right);
    Value scaled = alpha == 1 ? product : emit.combine(Operator.MULTIPLY, product, real(alpha));
    if (!call.has(2)) {
      return scaled;
    }
    Value added = call.input(2);
    Value shifted = beta == 1 ? added : emit.combine(Operator.MULTIPLY, added, real(beta));
    return emit.combine(Operator.ADD, scaled, shifted);
  }

  private static Known real(double value) {
    return Known.of(ElementType.F32, new int[0], value);
  }

  private static Value dense(
      Emitter emit,
      Computed x,
      Known weight,
      boolean turned,
      @Nullable Known bias,
      double alpha,
      double beta) {
    int[] dims = weight.dims();
    int units = dims[turned ? 0 : 1];
    int features = dims[turned ? 1 : 0];
    if (x.dims()[1] != features) {
      throw new FormatException(
          "%d features meet a weight of shape %s; expected %d."
              .formatted(x.dims()[1], Arrays.toString(dims), features));
    }
    Map<String, Emitter.Filler> fillers = new HashMap<>();
    fillers.put("weight", rows(weight, turned, alpha, units, features));
    if (bias != null) {
      fillers.put(
          "bias",
          (to, at) -> {
            double[] values = bias.values();
            for (int i = 0; i < units; i++) {
              to[at + i] = (float) (beta * values[values.length == 1 ? 0 : i]);
            }
          });
    }
    Dense layer = new Dense(units, bias == null ? Bias.WITHOUT : Bias.WITH, Initializer.HE);
    return new Computed(
        emit.node(layer, fillers, x.node()), new int[] {Computed.BATCH, units}, x.type());
  }

  /// Weights as `[units, features]`.
  private static Emitter.Filler rows(
      Known weight, boolean turned, double alpha, int units, int features) {
    if (turned && alpha == 1) {
      return weight::copy;
    }
    return (to, at) -> {
      float[] values = new float[weight.elements()];
      weight.copy(values, 0);
      for (int unit = 0; unit < units; unit++) {
        for (int feature = 0; feature < features; feature++) {
          int from = turned ? unit * features + feature : feature * units + unit;
          to[at + unit * features + feature] = (float) (alpha * values[from]);
        }
      }
    };
  }

  private static Value matMul(Call call) {
    Emitter emit = call.emit();
    Value left = call.input(0);
    Value right = call.input(1);
    if (left instanceof Computed x
        && x.hasBatch()
        && x.rank() == 2
        && right.rank() == 2
        && right instanceof Computed) {
      return dense(emit, x, call.known(1), false, null, 1, 1);
    }
    if (left instanceof Computed x && right instanceof Known weight && weight.rank() == 2) {
      return x.hasBatch() && x.rank() == 2
          ? dense(emit, x, weight, false, null, 1, 1)
          : rowwise(emit, x, weight);
    }
    return product(emit, left, right);
  }

  /// Every row times a known matrix: a convolution of size 1 whose channels are the columns.
  private static Value rowwise(Emitter emit, Computed x, Known weight) {
    int rank = x.rank();
    if (rank < 2) {
      return product(emit, x, weight);
    }
    int first = x.hasBatch() ? 1 : 0;
    int features = weight.dims()[0];
    int units = weight.dims()[1];
    int[] order = Emitter.axisFirst(rank, first, rank - 1);
    Computed front = (Computed) emit.transpose(x, order);
    int[] dims = front.dims();
    int others = IntStream.of(dims).skip(first + 1L).reduce(1, Math::multiplyExact);
    int[] flat =
        IntStream.concat(IntStream.of(dims).limit(first), IntStream.of(features, others)).toArray();
    Computed rows = (Computed) emit.reshape(front, flat);
    Conv layer = Conv.of(units, 1).bias(Bias.WITHOUT);
    Map<String, Emitter.Filler> fillers = Map.of("weight", rows(weight, false, 1, units, features));
    Node node = emit.node(layer, fillers, rows.node());
    flat[first] = units;
    dims[first] = units;
    Value shaped = emit.reshape(new Computed(node, flat, x.type()), dims);
    return emit.transpose(shaped, Emitter.inverse(order));
  }

  /// The product of two matrices, or of stacks of them, as products and sums.
  static Value product(Emitter emit, Value a, Value b) {
    Value left = a.rank() == 1 ? unsqueezed(emit, a, 0) : a;
    Value right = b.rank() == 1 ? unsqueezed(emit, b, 1) : b;
    if (left.rank() < 2 || right.rank() < 2) {
      throw new FormatException("a factor of a matrix product has no axes; expected at least 1.");
    }
    if (left.dims()[left.rank() - 1] != right.dims()[right.rank() - 2]) {
      throw new FormatException(
          "matrices of shapes %s and %s do not fit; expected as many columns as rows."
              .formatted(Arrays.toString(left.dims()), Arrays.toString(right.dims())));
    }
    if (left instanceof Computed l && l.hasBatch() && l.rank() == 2 && right instanceof Computed) {
      throw new MixedSamples("a matrix product mixes samples");
    }
    if (right instanceof Computed r && r.hasBatch() && r.rank() == 2) {
      throw new MixedSamples("a matrix product mixes samples");
    }
    Value wide = unsqueezed(emit, left, left.rank());
    Value tall = unsqueezed(emit, right, right.rank() - 2);
    Value products = emit.combine(Operator.MULTIPLY, wide, tall);
    int axis = products.rank() - 2;
    Value sums = emit.reduce(products, Statistic.SUM, List.of(axis), products.type());
    Value matrix = squeezed(emit, sums, axis);
    if (a.rank() == 1) {
      matrix = squeezed(emit, matrix, matrix.rank() - 2);
    }
    return b.rank() == 1 ? squeezed(emit, matrix, matrix.rank() - 1) : matrix;
  }

  private static Value unsqueezed(Emitter emit, Value x, int axis) {
    int[] dims = x.dims();
    int[] more = new int[dims.length + 1];
    for (int i = 0; i < more.length; i++) {
      more[i] = i < axis ? dims[i] : i == axis ? 1 : dims[i - 1];
    }
    return emit.reshape(x, more);
  }

  private static Value squeezed(Emitter emit, Value x, int axis) {
    int[] dims = x.dims();
    return emit.reshape(
        x, IntStream.range(0, dims.length).filter(i -> i != axis).map(i -> dims[i]).toArray());
  }
}
