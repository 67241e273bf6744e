package dev.tarn.engine.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// How wide this machine's vectors are, as constants of the class: the JIT turns vector operations
/// into machine instructions only where it can see the species.
///
/// The property `tarn.vector.bits` forces 128, 256 or 512; it is read once.
final class Lanes {
  /// Bits of one vector.
  static final int BITS = bits();

  /// The species of float vectors. The JDK's vector methods are shared by all kernels, and the JIT
  /// trusts the classes it has seen in them: fused multiply-adds of a second width anywhere make it
  /// keep vectors of kernels compiled later as objects, which run four times as slow and fill the
  /// heap. Half vectors ([Pools#H]) are for what becomes doubles, and are rarely calculated with.
  static final VectorSpecies<Float> F =
      switch (BITS) {
        case 128 -> FloatVector.SPECIES_128;
        case 256 -> FloatVector.SPECIES_256;
        default -> FloatVector.SPECIES_512;
      };

  /// Doubles, half as many as floats.
  static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  /// As many ints as floats.
  static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());

  /// Bytes, at least as many as floats: there are no vectors of less than 64 bits.
  static final VectorSpecies<Byte> B =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, BITS / 4)));

  /// Floats of one vector.
  static final int V = F.length();

  /// Rows of a tile that a matrix kernel keeps in registers. With two vectors a row, 12 rows take
  /// 24 of the 32 registers that AVX-512 has, 6 rows 12 of the 16 that older machines have; both
  /// leave room for the operands and enough independent sums to hide the latency of fused
  /// multiply-add.
  static final int ROWS = BITS == 512 ? 12 : 6;

  /// Columns of such a tile.
  static final int COLS = 2 * V;

  private Lanes() {}

  private static int bits() {
    int preferred = Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    int forced = Integer.getInteger("tarn.vector.bits", preferred);
    return forced == 128 || forced == 256 || forced == 512 ? forced : preferred;
  }
}
