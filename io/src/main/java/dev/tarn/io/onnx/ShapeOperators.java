package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.onnx.TensorProto;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Constants, sizes, and values under other sizes or with their axes in another order.
final class ShapeOperators {
  static final Set<String> NAMES =
      Set.of(
          "Constant",
          "ConstantOfShape",
          "Range",
          "Shape",
          "Size",
          "Identity",
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Transpose",
          "DepthToSpace",
          "SpaceToDepth");

  private ShapeOperators() {}

  static List<Value> read(Call call) {
    return List.of(
        switch (call.operator()) {
          case "Constant" -> constant(call);
          case "ConstantOfShape" -> constantOfShape(call);
          case "Range" -> range(call);
          case "Shape" -> shape(call);
          case "Size" -> {
            int[] dims = Known.shape(call.input(0).dims()).dims();
            Known sizes = Known.shape(call.input(0).dims());
            List<Integer> axes = IntStream.range(0, dims.length).boxed().toList();
            yield Fold.reduce(sizes, Statistic.PRODUCT, axes, ElementType.I64).reshaped();
          }
          case "Identity" -> Objects.requireNonNull(call.has(0) ? call.raw(0) : call.input(0));
          case "Reshape" -> reshape(call);
          case "Flatten" -> flatten(call);
          case "Squeeze" -> squeeze(call);
          case "Unsqueeze" -> unsqueeze(call);
          case "Transpose" -> transpose(call);
          default -> blocks(call);
        });
  }

  private static Value constant(Call call) {
    Attributes a = call.attributes();
    TensorProto tensor = a.tensor("value");
    if (tensor != null) {
      return call.tensor(tensor);
    }
    if (a.has("value_float")) {
      return Known.of(ElementType.F32, new int[0], a.real("value_float"));
    }
    if (a.has("value_int")) {
      return Known.of(ElementType.I64, new int[0], (double) a.whole("value_int", 0));
    }
    List<Float> reals = a.reals("value_floats");
    if (reals != null) {
      double[] values = reals.stream().mapToDouble(Float::doubleValue).toArray();
      return Known.of(ElementType.F32, new int[] {values.length}, values);
    }
    List<Long> wholes = a.wholes("value_ints");
    if (wholes != null) {
      return Known.wholes(wholes.stream().mapToLong(w -> w).toArray());
    }
    throw new FormatException(
        "has no value; expected one of value, value_float, value_int and their lists.");
  }

  private static int[] sizes(long... sizes) {
    for (long size : sizes) {
      if (size < 0) {
        throw new FormatException(
            "a shape is %s; expected sizes of at least 0.".formatted(Arrays.toString(sizes)));
      }
      if (size > Fold.MOST_ELEMENTS) {
        throw new LimitException(
            "a constant has shape %s; at most %d elements are computed while reading."
                .formatted(Arrays.toString(sizes), Fold.MOST_ELEMENTS));
      }
    }
    int[] dims = LongStream.of(sizes).mapToInt(Math::toIntExact).toArray();
    if (Shape.of(dims).elements() > Fold.MOST_ELEMENTS) {
      throw new LimitException(
          "a constant has shape %s; at most %d elements are computed while reading."
              .formatted(Arrays.toString(sizes), Fold.MOST_ELEMENTS));
    }
    return dims;
  }

  private static Value constantOfShape(Call call) {
    TensorProto tensor = call.attributes().tensor("value");
    Known value = tensor == null ? Known.of(ElementType.F32, new int[0], 0) : call.tensor(tensor);
    int[] dims = sizes(call.known(0).wholes("shape"));
    double[] values = new double[Shape.of(dims).arraySize()];
    Arrays.fill(values, value.scalar("value"));
    return Known.of(value.type(), dims, values);
  }

  private static Value range(Call call) {
    double start = call.known(0).scalar("start");
    double limit = call.known(1).scalar("limit");
    double delta = call.known(2).scalar("delta");
    double count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= Fold.MOST_ELEMENTS)) {
      throw new LimitException(
          "a range from %s to %s by %s has too many values; at most %d are computed while reading."
              .formatted(start, limit, delta, Fold.MOST_ELEMENTS));
    }
    double[] values = new double[(int) count];
    Arrays.setAll(values, i -> start + i * delta);
    return Known.of(call.input(0).type(), new int[] {values.length}, values);
  }

  private static Value shape(Call call) {
    int[] dims = call.input(0).dims();
    Attributes a = call.attributes();
    boolean part = call.opset() >= 15;
    int from = part ? bound(a.whole("start", 0), dims.length) : 0;
    int to = part && a.has("end") ? bound(a.whole("end", 0), dims.length) : dims.length;
    int[] cells = IntStream.range(from, Math.max(from, to)).toArray();
    return Fold.select(Known.shape(dims), List.of(cells), 0);
  }

  private static int bound(long value, int rank) {
    return (int) Math.clamp(value < 0 ? value + rank : value, 0L, (long) rank);
  }

  private static Value reshape(Call call) {
    Value x = call.input(0);
    boolean zeros = call.opset() >= 14 && call.attributes().flag("allowzero", false);
    Known told = call.sizes(1);
    long[] wanted = told.wholes("shape");
    int[] from = x.dims();
    boolean batched = x instanceof Computed computed && computed.hasBatch();
    if (!batched && told.hasBatch()) {
      throw new MixedSamples("a shape depends on the size of the batch");
    }
    int[] dims = new int[wanted.length];
    int inferred = -1;
    long product = 1;
    for (int axis = 0; axis < wanted.length; axis++) {
      long size = wanted[axis];
      if (size == 0 && !zeros) {
        if (axis >= from.length) {
          throw new FormatException(
              "shape %s copies axis %d, which its input %s does not have."
                  .formatted(Arrays.toString(wanted), axis, Arrays.toString(from)));
        }
        size = from[axis] == Computed.BATCH ? Known.BATCH_SIZE : from[axis];
      }
      if (size == -1) {
        if (inferred >= 0) {
          throw new FormatException(
              "shape %s leaves two sizes open; expected at most one."
                  .formatted(Arrays.toString(wanted)));
        }
        inferred = axis;
        continue;
      }
      if (size < 0 || size > Shape.MOST_ELEMENTS) {
        throw new FormatException(
            "shape is %s; expected sizes of at least 0, or -1 once."
                .formatted(Arrays.toString(wanted)));
      }
      dims[axis] = (int) size;
      boolean first = batched && axis == 0;
      product = first ? product : Math.multiplyExact(product, size);
      if (first) {
        dims[0] = Computed.BATCH;
        requireBatch(call, size);
      } else if (batched && size % Known.BATCH_SIZE == 0 && size != 0) {
        throw new MixedSamples("a reshape moves the batch");
      }
    }
    if (batched && wanted.length == 0) {
      throw new MixedSamples("a reshape drops the batch");
    }
    long elements = batched ? Computed.sample(from).elements() : Shape.of(from).elements();
    if (inferred == 0 && batched) {
      dims[0] = Computed.BATCH;
      if (product != elements) {
        throw new MixedSamples("a reshape changes the batch");
      }
    } else if (inferred >= 0) {
      if (product == 0 || elements % product != 0) {
        if (batched) {
          throw new MixedSamples("a reshape changes the batch");
        }
        throw new FormatException(
            "%d values do not fit shape %s.".formatted(elements, Arrays.toString(wanted)));
      }
      dims[inferred] = Math.toIntExact(elements / product);
    } else if (product != elements) {
      if (batched) {
        throw new MixedSamples("a reshape changes the batch");
      }
      throw new FormatException(
          "%d values do not fit shape %s.".formatted(elements, Arrays.toString(wanted)));
    }
    return call.emit().reshape(x, dims);
  }

  /// The first size of a batched value's new shape: that of the batch, or the number the file was
  /// exported with.
  private static void requireBatch(Call call, long size) {
    if (size != Known.BATCH_SIZE && size != call.emit().declaredBatch()) {
      throw new MixedSamples("a reshape changes the batch to " + size);
    }
  }

  private static Value flatten(Call call) {
    Value x = call.input(0);
    int[] dims = x.dims();
    long told = call.attributes().whole("axis", 1);
    int axis = told == dims.length ? dims.length : Call.axis(told, dims.length);
    if (x instanceof Computed computed && computed.hasBatch()) {
      if (axis != 1) {
        throw new MixedSamples("a flatten changes the batch");
      }
      return call.emit().reshape(x, Computed.BATCH, Computed.sample(dims).arraySize());
    }
    int before = IntStream.of(dims).limit(axis).reduce(1, Math::multiplyExact);
    int after = IntStream.of(dims).skip(axis).reduce(1, Math::multiplyExact);
    return call.emit().reshape(x, before, after);
  }

  private static @Nullable List<Long> axes(Call call) {
    if (call.opset() < 13) {
      return call.attributes().wholes("axes");
    }
    Known known = call.knownOrNull(1);
    return known == null ? null : LongStream.of(known.wholes("axes")).boxed().toList();
  }

  private static Value squeeze(Call call) {
    Value x = call.input(0);
    int[] dims = x.dims();
    List<Long> told = axes(call);
    List<Integer> axes =
        told == null
            ? IntStream.range(0, dims.length).filter(i -> dims[i] == 1).boxed().toList()
            : Call.axes(told, dims.length);
    for (int axis : axes) {
      if (dims[axis] == Computed.BATCH) {
        throw new MixedSamples("the batch is squeezed");
      }
      if (dims[axis] != 1) {
        throw new FormatException(
            "axis %d of %s is squeezed; expected size 1.".formatted(axis, Arrays.toString(dims)));
      }
    }
    int[] left =
        IntStream.range(0, dims.length).filter(i -> !axes.contains(i)).map(i -> dims[i]).toArray();
    return call.emit().reshape(x, left);
  }

  private static Value unsqueeze(Call call) {
    Value x = call.input(0);
    List<Long> told = axes(call);
    if (told == null) {
      throw new FormatException("axes are missing; the operator needs them.");
    }
    int rank = x.rank() + told.size();
    if (rank > 8) {
      throw new UnsupportedException(
          "a value of %d axes; at most 8 are supported.".formatted(rank));
    }
    List<Integer> axes = Call.axes(told, rank);
    int[] old = x.dims();
    int[] dims = new int[rank];
    int next = 0;
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = axes.contains(axis) ? 1 : old[next++];
    }
    return call.emit().reshape(x, dims);
  }

  private static Value transpose(Call call) {
    Value x = call.input(0);
    List<Long> told = call.attributes().wholes("perm");
    int rank = x.rank();
    List<Integer> order =
        told == null
            ? IntStream.range(0, rank).map(i -> rank - 1 - i).boxed().toList()
            : Call.axes(told, rank);
    if (order.size() != rank) {
      throw new FormatException(
          "attribute perm is %s; expected %d numbers.".formatted(order, rank));
    }
    return call.emit().transpose(x, order.stream().mapToInt(i -> i).toArray());
  }

  /// Channels become blocks of positions, or the other way.
  private static Value blocks(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    Emitter.requireRank(x, 4, 4);
    int b = call.attributes().within("blocksize", 0, 1, 1 << 15);
    int[] d = x.dims();
    boolean toSpace = call.operator().equals("DepthToSpace");
    boolean channelsFirst = call.attributes().word("mode", "DCR", "DCR", "CRD").equals("CRD");
    List<Integer> parts = new ArrayList<>();
    if (toSpace) {
      requireMultiple(d[1], b * b);
      int c = d[1] / b / b;
      parts.addAll(
          channelsFirst ? List.of(d[0], c, b, b, d[2], d[3]) : List.of(d[0], b, b, c, d[2], d[3]));
      Value split = emit.reshape(x, parts.stream().mapToInt(i -> i).toArray());
      Value moved =
          channelsFirst
              ? emit.transpose(split, 0, 1, 4, 2, 5, 3)
              : emit.transpose(split, 0, 3, 4, 1, 5, 2);
      return emit.reshape(moved, d[0], c, d[2] * b, d[3] * b);
    }
    requireMultiple(d[2], b);
    requireMultiple(d[3], b);
    Value split = emit.reshape(x, d[0], d[1], d[2] / b, b, d[3] / b, b);
    Value moved =
        channelsFirst
            ? emit.transpose(split, 0, 1, 3, 5, 2, 4)
            : emit.transpose(split, 0, 3, 5, 1, 2, 4);
    return emit.reshape(moved, d[0], d[1] * b * b, d[2] / b, d[3] / b);
  }

  private static void requireMultiple(int size, int block) {
    if (size % block != 0) {
      throw new FormatException("size %d does not divide by %d.".formatted(size, block));
    }
  }
}
