package dev.tarn.io.binary;

import static dev.tarn.io.Faults.assertFault;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.UnsupportedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ElementTypeTest {
  private static float[] floats(ElementType type, ByteOrder order, long... bits) {
    ByteBuffer bytes = ByteBuffer.allocate(type.bytes() * bits.length).order(order);
    for (long b : bits) {
      switch (type.bytes()) {
        case 1 -> bytes.put((byte) b);
        case 2 -> bytes.putShort((short) b);
        case 4 -> bytes.putInt((int) b);
        default -> bytes.putLong(b);
      }
    }
    float[] values = new float[bits.length];
    type.floats(Cursor.of("f", bytes.array()).order(order), values, "w");
    return values;
  }

  private static float[] floats(ElementType type, long... bits) {
    float[] little = floats(type, ByteOrder.LITTLE_ENDIAN, bits);
    assertArrayEquals(little, floats(type, ByteOrder.BIG_ENDIAN, bits), "byte orders");
    return little;
  }

  @Test
  void half_precision_is_exact() {
    assertArrayEquals(
        new float[] {1, -2, 65504, 0x1p-24f, Float.POSITIVE_INFINITY, -0f, Float.NaN},
        floats(ElementType.F16, 0x3c00, 0xc000, 0x7bff, 1, 0x7c00, 0x8000, 0x7e00));
    assertArrayEquals(
        new float[] {1, -2, 0x1.fep127f, Float.NEGATIVE_INFINITY, Float.NaN},
        floats(ElementType.BF16, 0x3f80, 0xc000, 0x7f7f, 0xff80, 0x7fc0));
  }

  @Test
  void float32_keeps_every_bit_even_of_nan() throws IOException {
    int[] bits = {0x7fc00000, 0x7fc12345, 0xffc00001, 0x80000000, 1, 0x7f7fffff, 0xff800000};
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    var out = new ByteArrayOutputStream();
    new BinaryWriter(out).floats(values).flush();
    float[] back = new float[bits.length];
    ElementType.F32.floats(Cursor.of("f", out.toByteArray()), back, "w");
    for (int i = 0; i < bits.length; i++) {
      assertEquals(bits[i], Float.floatToRawIntBits(back[i]));
    }
  }

  @Test
  void float64_rounds_to_the_nearest_and_never_to_infinity_by_itself() {
    assertArrayEquals(
        new float[] {0.1f, Float.POSITIVE_INFINITY, Float.NaN, 0},
        floats(
            ElementType.F64,
            Double.doubleToRawLongBits(0.1),
            Double.doubleToRawLongBits(Double.POSITIVE_INFINITY),
            Double.doubleToRawLongBits(Double.NaN),
            1));
    assertFault(
        NonFiniteException.class,
        () -> floats(ElementType.F64, 0, Double.doubleToRawLongBits(1e39)),
        "w[1] is 1.0E39",
        "3.4028235E38");
  }

  @Test
  void integers_are_exact_or_refused() {
    assertArrayEquals(new float[] {-1, 127, -128}, floats(ElementType.I8, 255, 127, 128));
    assertArrayEquals(new float[] {255, 0}, floats(ElementType.U8, 255, 0));
    assertArrayEquals(new float[] {-1, -32768}, floats(ElementType.I16, 0xffff, 0x8000));
    assertArrayEquals(new float[] {65535}, floats(ElementType.U16, 0xffff));
    assertArrayEquals(new float[] {-1, 16777216}, floats(ElementType.I32, -1, 1 << 24));
    assertArrayEquals(new float[] {0x1.fffffep31f}, floats(ElementType.U32, 0xffffff00L));
    assertArrayEquals(
        new float[] {-0x1p63f, 0x1p62f}, floats(ElementType.I64, Long.MIN_VALUE, 1L << 62));
    assertArrayEquals(new float[] {0x1p63f, 3}, floats(ElementType.U64, Long.MIN_VALUE, 3));
    assertFault(
        UnsupportedException.class,
        () -> floats(ElementType.I32, 0, 16777217),
        "w[1] is 16777217",
        "16777216");
    assertFault(
        UnsupportedException.class,
        () -> floats(ElementType.I64, Long.MAX_VALUE),
        "9223372036854775807");
    assertFault(
        UnsupportedException.class, () -> floats(ElementType.U64, -1), "18446744073709551615");
    assertArrayEquals(new float[] {0, 1}, floats(ElementType.BOOL, 0, 1));
    assertFault(FormatException.class, () -> floats(ElementType.BOOL, 2), "w[0] is 2", "0 or 1");
  }

  @Test
  void more_than_one_block_of_each_type() throws IOException {
    int count = 40_000;
    var out = new ByteArrayOutputStream();
    var writer = new BinaryWriter(out);
    double[] doubles = new double[count];
    long[] longs = new long[count];
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      doubles[i] = i + 0.25;
      longs[i] = (1L << 40) + i;
      floats[i] = -i;
    }
    writer.u8(7).doubles(doubles).longs(longs).floats(floats).flush();
    Cursor cursor = Cursor.of("f", out.toByteArray());
    cursor.u8("x");
    double[] doublesBack = new double[count];
    long[] longsBack = new long[count];
    float[] floatsBack = new float[count];
    ElementType.F64.doubles(cursor, doublesBack, "d");
    ElementType.I64.longs(cursor, longsBack, "l");
    ElementType.F32.floats(cursor, floatsBack, "f");
    cursor.requireEnd("all");
    assertArrayEquals(doubles, doublesBack);
    assertArrayEquals(longs, longsBack);
    assertArrayEquals(floats, floatsBack);
    assertFault(
        FormatException.class,
        () -> ElementType.F32.longs(Cursor.of("f", new byte[4]), new long[1], "steps"),
        "steps is F32",
        "whole numbers");
  }
}
