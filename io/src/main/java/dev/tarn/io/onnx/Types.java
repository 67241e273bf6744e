package dev.tarn.io.onnx;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;

/// The numbers by which ONNX files name element types (onnx.ai, IR specification, TensorProto
/// data_type).
final class Types {
  static final int FLOAT = 1;
  static final int INT64 = 7;
  static final int STRING = 8;
  static final int BOOL = 9;

  private static final String[] NAMES = {
    "UNDEFINED",
    "FLOAT",
    "UINT8",
    "INT8",
    "UINT16",
    "INT16",
    "INT32",
    "INT64",
    "STRING",
    "BOOL",
    "FLOAT16",
    "DOUBLE",
    "UINT32",
    "UINT64",
    "COMPLEX64",
    "COMPLEX128",
    "BFLOAT16",
    "FLOAT8E4M3FN",
    "FLOAT8E4M3FNUZ",
    "FLOAT8E5M2",
    "FLOAT8E5M2FNUZ",
    "UINT4",
    "INT4",
    "FLOAT4E2M1",
    "FLOAT8E8M0"
  };

  private Types() {}

  static String name(int type) {
    return type >= 0 && type < NAMES.length ? NAMES[type] : "type " + type;
  }

  /// The type of this number.
  ///
  /// @param where what messages say it belongs to
  /// @throws UnsupportedException if Tarn has no such type
  static ElementType of(int type, String where) {
    return switch (type) {
      case 1 -> ElementType.F32;
      case 2 -> ElementType.U8;
      case 3 -> ElementType.I8;
      case 4 -> ElementType.U16;
      case 5 -> ElementType.I16;
      case 6 -> ElementType.I32;
      case 7 -> ElementType.I64;
      case 9 -> ElementType.BOOL;
      case 10 -> ElementType.F16;
      case 11 -> ElementType.F64;
      case 12 -> ElementType.U32;
      case 13 -> ElementType.U64;
      case 16 -> ElementType.BF16;
      default ->
          throw new UnsupportedException(
              "%s is of element type %s, which is not supported. Convert it to FLOAT."
                  .formatted(where, name(type)));
    };
  }

  /// Whether values of this type are real numbers; Tarn computes all of those in float32.
  static boolean isReal(ElementType type) {
    return switch (type) {
      case F64, F32, F16, BF16 -> true;
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> false;
    };
  }
}
