package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.ElementType;
import dev.tarn.onnx.TensorProto;
import dev.tarn.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.LongStream;

/// An array that is known when a model is read: a weight, a shape, what was computed of such.
///
/// Long weights stay in the file until their place among the parameters is known.
final class Known implements Value {
  private final ElementType type;
  private final int[] dims;
  private final Data data;
  private final boolean hasBatch;

  private Known(ElementType type, int[] dims, Data data, boolean hasBatch) {
    this.type = type;
    this.dims = dims;
    this.data = data;
    this.hasBatch = hasBatch;
  }

  private Known(ElementType type, int[] dims, Data data) {
    this(type, dims, data, false);
  }

  /// Stands for the size of the batch in shape arithmetic: a prime that no real size is.
  static final int BATCH_SIZE = 1_073_741_789;

  /// Whether the size of the batch went into the values.
  boolean hasBatch() {
    return hasBatch;
  }

  /// The same, computed from others: it has the batch in it if one of them has.
  Known depending(Known... from) {
    return new Known(type, dims, data, hasBatch || Arrays.stream(from).anyMatch(Known::hasBatch));
  }

  /// The same, whose values were taken as they are from another: it has the batch in it if they do.
  Known inheriting(Known from) {
    boolean found =
        from.hasBatch && Arrays.stream(values()).anyMatch(v -> v != 0 && v % BATCH_SIZE == 0);
    return new Known(type, dims, data, hasBatch || found);
  }

  /// The sizes of a value.
  static Known shape(int... dims) {
    long[] sizes =
        Arrays.stream(dims).mapToLong(d -> d == Computed.BATCH ? BATCH_SIZE : d).toArray();
    Known known = wholes(sizes);
    boolean batch = dims.length > 0 && dims[0] == Computed.BATCH;
    return new Known(known.type, known.dims, known.data, batch);
  }

  /// The same values as another type, toward 0 where that has no fractions.
  Known as(ElementType wanted) {
    if (wanted == type) {
      return this;
    }
    double[] values = values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          wanted == ElementType.BOOL
              ? values[i] != 0 ? 1 : 0
              : Types.isReal(wanted) ? values[i] : (double) (long) values[i];
    }
    return new Known(wanted, dims, new Doubles(values), hasBatch);
  }

  /// Where the values come from.
  private sealed interface Data {}

  /// Exact for whole numbers up to 2^53.
  private static final class Doubles implements Data {
    private final double[] values;

    Doubles(double[] values) {
      this.values = values;
    }
  }

  /// Bytes of a file.
  private record Stored(Cursor cursor, String field) implements Data {}

  static Known of(ElementType type, int[] dims, double... values) {
    return new Known(type, dims.clone(), new Doubles(values));
  }

  static Known wholes(long... values) {
    return of(
        ElementType.I64,
        new int[] {values.length},
        LongStream.of(values).asDoubleStream().toArray());
  }

  /// The array of a message, checked completely: sizes, type, that its values are there exactly
  /// once, and as many as its sizes say.
  ///
  /// @param file the file the message stands in
  static Known of(TensorProto tensor, Cursor file, ExternalData external) {
    String where = "%s: tensor \"%s\"".formatted(file.name(), quote(tensor.getName()));
    int[] dims = dims(tensor, where);
    ElementType type = Types.of(tensor.getDataType(), where);
    long elements = Shape.of(dims).elements();
    long typed =
        (long) tensor.getFloatDataCount()
            + tensor.getInt32DataCount()
            + tensor.getInt64DataCount()
            + tensor.getDoubleDataCount()
            + tensor.getUint64DataCount();
    boolean beside = tensor.getDataLocation() == 1;
    if (tensor.getDataLocation() > 1 || tensor.getDataLocation() < 0) {
      throw new FormatException(
          "%s: data_location is %d; expected 0 or 1.".formatted(where, tensor.getDataLocation()));
    }
    boolean raw = tensor.getRawLength() > 0 || !tensor.getRawData().isEmpty();
    if ((typed > 0 ? 1 : 0) + (raw ? 1 : 0) + (beside ? 1 : 0) > 1) {
      throw new FormatException(
          where
              + " has its values in more than one field; expected one of raw_data, typed data and external data.");
    }
    if (beside || raw || elements == 0) {
      Cursor cursor =
          beside
              ? external.open(tensor)
              : tensor.getRawLength() > 0
                  ? file.part(tensor.getRawAt(), tensor.getRawLength(), "raw_data")
                  : Cursor.of(file.name(), tensor.getRawData().toByteArray());
      requireCount(where, cursor.size(), elements * type.bytes(), "bytes", dims);
      return new Known(
          type, dims, new Stored(cursor, "values of \"" + quote(tensor.getName()) + "\""));
    }
    double[] values = typed(tensor, type);
    requireCount(where, typed == values.length ? values.length : -1, elements, "values", dims);
    return new Known(type, dims, new Doubles(values));
  }

  private static int[] dims(TensorProto tensor, String where) {
    if (tensor.getDimsCount() > 8) {
      throw new LimitException(
          "%s has %d axes; at most 8 are possible.".formatted(where, tensor.getDimsCount()));
    }
    int[] dims = new int[tensor.getDimsCount()];
    for (int axis = 0; axis < dims.length; axis++) {
      long size = tensor.getDims(axis);
      if (size < 0) {
        throw new FormatException(
            "%s has size %d on axis %d; expected at least 0.".formatted(where, size, axis));
      }
      if (size > Shape.MOST_ELEMENTS) {
        throw new LimitException(
            "%s has size %d on axis %d; at most %d is possible."
                .formatted(where, size, axis, Shape.MOST_ELEMENTS));
      }
      dims[axis] = (int) size;
    }
    try {
      Shape.of(dims).arraySize();
    } catch (LimitException e) {
      throw e.at(where);
    }
    return dims;
  }

  private static void requireCount(String where, long got, long needed, String unit, int[] dims) {
    if (got != needed) {
      throw new FormatException(
          "%s has %s %s; expected %d for shape %s."
              .formatted(
                  where, got < 0 ? "the wrong kind of" : got, unit, needed, Arrays.toString(dims)));
    }
  }

  /// Values in the field that the standard names for the type.
  private static double[] typed(TensorProto tensor, ElementType type) {
    return switch (type) {
      case F32 -> tensor.getFloatDataList().stream().mapToDouble(Float::doubleValue).toArray();
      case F64 -> tensor.getDoubleDataList().stream().mapToDouble(d -> d).toArray();
      case I64 -> tensor.getInt64DataList().stream().mapToDouble(Long::doubleValue).toArray();
      case U32, U64 -> tensor.getUint64DataList().stream().mapToDouble(Long::doubleValue).toArray();
      case F16 ->
          tensor.getInt32DataList().stream()
              .mapToDouble(bits -> Float.float16ToFloat(bits.shortValue()))
              .toArray();
      case BF16 ->
          tensor.getInt32DataList().stream()
              .mapToDouble(bits -> Float.intBitsToFloat(bits << 16))
              .toArray();
      case I32, I16, I8, U16, U8, BOOL ->
          tensor.getInt32DataList().stream().mapToDouble(Integer::doubleValue).toArray();
    };
  }

  @Override
  public ElementType type() {
    return type;
  }

  @Override
  public int[] dims() {
    return dims.clone();
  }

  int elements() {
    return Shape.of(dims).arraySize();
  }

  /// The same values under other sizes.
  Known reshaped(int... sizes) {
    return new Known(type, sizes.clone(), data, hasBatch);
  }

  /// All values; exact but for 64-bit whole numbers beyond 2^53.
  double[] values() {
    return switch (data) {
      case Doubles doubles -> doubles.values;
      case Stored(var cursor, var field) -> {
        double[] values = new double[elements()];
        Cursor from = cursor.part(0, cursor.size(), field);
        if (type == ElementType.I64) {
          long[] whole = new long[values.length];
          type.longs(from, whole, field);
          for (int i = 0; i < whole.length; i++) {
            values[i] = (double) whole[i];
          }
        } else {
          type.doubles(from, values, field);
        }
        yield values;
      }
    };
  }

  /// Writes all values as float32 to `to[at…]`, from the file without another copy in memory.
  void copy(float[] to, int at) {
    switch (data) {
      case Doubles doubles -> {
        double[] values = doubles.values;
        for (int i = 0; i < values.length; i++) {
          to[at + i] = (float) values[i];
        }
      }
      case Stored(var cursor, var field) ->
          type.floats(cursor.part(0, cursor.size(), field), to, at, elements(), field);
    }
  }

  /// The only value.
  double scalar(String what) {
    if (elements() != 1) {
      throw new FormatException(
          "%s has shape %s; expected a single value.".formatted(what, Arrays.toString(dims)));
    }
    return values()[0];
  }

  /// The values as whole numbers.
  long[] wholes(String what) {
    if (Types.isReal(type)) {
      throw new FormatException("%s is of type %s; expected whole numbers.".formatted(what, type));
    }
    double[] values = values();
    long[] wholes = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      wholes[i] = (long) values[i];
    }
    return wholes;
  }

  /// A message of float32 values in raw data.
  static TensorProto message(String name, int[] dims, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(Types.FLOAT)
        .addAllDims(LongStream.of(Arrays.stream(dims).asLongStream().toArray()).boxed().toList())
        .setRawData(com.google.protobuf.ByteString.copyFrom(bytes))
        .build();
  }
}
