package dev.tarn.engine.vector;

/// Winograd's algorithms F(m×m, r×r) (Lavin & Gray 2015, "Fast algorithms for convolutional neural
/// networks"): `m²` results of an `r×r` filter by `(m + r − 1)²` products instead of `m²·r²`.
///
/// Four by four and two by two results of 3×3 filters, and two by two of 5×5. The two with six
/// points share the points 0, ±1, ±2, ∞ and so the transform of cells.
enum WinogradForm {
  /// 36 products for 144; differs from the reference by at most 2e-5 of the largest result on
  /// unit-variance data.
  FOUR_OF_THREE(4, 3),
  /// 16 products for 36; at most 5e-6. A quarter of the transformed weight of four by four and
  /// fewer cells past the border, so it is better where maps are small.
  TWO_OF_THREE(2, 3),
  /// 36 products for 100; at most 2e-5.
  TWO_OF_FIVE(2, 5);

  private final int results;
  private final int taps;

  WinogradForm(int results, int taps) {
    this.results = results;
    this.taps = taps;
  }

  /// Results along one side of a tile.
  int results() {
    return results;
  }

  /// Taps along one side of the filter.
  int taps() {
    return taps;
  }

  /// Cells, and products, along one side of a tile.
  int points() {
    return results + taps - 1;
  }

  /// Products of a tile and a pair of channels.
  int products() {
    return points() * points();
  }

  /// Tiles along an axis with this many results.
  int tiles(int axisResults) {
    return (axisResults + results - 1) / results;
  }

  @Override
  public String toString() {
    return "F(%d×%d, %d×%d)".formatted(results, results, taps, taps);
  }

  /// Transforms a tile of cells; see [WinogradInput].
  void input(float[] a, int at, int line, int cell, float[] b, int to, int step, int n) {
    if (this == TWO_OF_THREE) {
      WinogradInput.four(a, at, line, cell, b, to, step, n);
    } else {
      WinogradInput.six(a, at, line, cell, b, to, step, n);
    }
  }

  /// Transforms a line of taps that stand `near` apart; `near` may be negative.
  void weight(float[] a, int from, int near, float[] b, int at, int step, int n) {
    int o1 = from + near;
    int o2 = o1 + near;
    switch (this) {
      case FOUR_OF_THREE -> WinogradTaps.threeToSix(a, from, o1, o2, b, at, step, n);
      case TWO_OF_THREE -> WinogradTaps.threeToFour(a, from, o1, o2, b, at, step, n);
      case TWO_OF_FIVE ->
          WinogradTaps.fiveToSix(a, from, o1, o2, o2 + near, o2 + 2 * near, b, at, step, n);
    }
  }

  /// Transforms the products of a tile back; see [WinogradOutput].
  void output(
      float[] m,
      int at,
      float[] bias,
      int biasAt,
      float limit,
      float[] b,
      int to,
      int line,
      int cell,
      int n) {
    switch (this) {
      case FOUR_OF_THREE ->
          WinogradOutput.fourOfSix(m, at, bias, biasAt, limit, b, to, line, cell, n);
      case TWO_OF_THREE ->
          WinogradOutput.twoOfFour(m, at, bias, biasAt, limit, b, to, line, cell, n);
      case TWO_OF_FIVE -> WinogradOutput.twoOfSix(m, at, bias, biasAt, limit, b, to, line, cell, n);
    }
  }
}
