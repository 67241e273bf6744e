package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/// Changes of layout: `y[column][row] = x[row][column]` in every sample, tile by tile of [Lanes#V]
/// × [Lanes#V] numbers; overwrites.
///
/// A tile is transposed in `log₂ V` passes that exchange blocks of 1, 2, 4, … lanes between two
/// rows (Eklundh, 1972). The passes go by a scratch of one tile: whole vectors only, read once from
/// `x` and written once to `y`, however far apart its rows are. Reading numbers one by one from
/// rows whose distance is a multiple of 4096 bytes, as planes of images often have, would throw
/// each line out of the first-level cache before its neighbour is needed. Two rows at a time are
/// little code, which both compilers take.
final class Transpose implements Kernel {
  /// Cells of the longer side that one unit of work moves, at least and at most: some lines of each
  /// row, one behind the other, so that they are fetched ahead.
  private static final int LEAST = 64;

  private static final int MOST = 256;

  private static final int MOST_BLOCKS = 32;

  private final String name;
  private final int rows;
  private final int columns;
  private final int length;
  private final Buffer x;
  private final Buffer y;
  private final Buffer tile;
  private final Shares shares;

  /// Lanes that each pass takes for the upper row of a pair, and for the lower: those from V on are
  /// the lower row's.
  private final int[][] upper;

  private final int[][] lower;

  private Transpose(String name, int rows, int columns, Buffer x, Buffer y) {
    this.name = name;
    this.rows = rows;
    this.columns = columns;
    this.x = x;
    this.y = y;
    this.tile = Buffer.scratch(Space.ARENA, "tile", (long) MOST_BLOCKS * V * V);
    this.length = Math.clamp(Math.max(rows, columns) / LEAST / V * (long) V, LEAST, MOST);
    this.shares = new Shares((long) length * Math.min(rows, columns), 1 << 14);
    int passes = Integer.numberOfTrailingZeros(V);
    this.upper = new int[passes][V];
    this.lower = new int[passes][V];
    for (int pass = 0; pass < passes; pass++) {
      int distance = 1 << pass;
      for (int lane = 0; lane < V; lane++) {
        boolean even = (lane & distance) == 0;
        upper[pass][lane] = even ? lane : V + lane - distance;
        lower[pass][lane] = even ? lane + distance : V + lane;
      }
    }
  }

  /// A kernel for a change of layout, or null with the reason in `refusals`.
  static @Nullable Kernel of(MoveProblem problem, List<String> refusals) {
    return switch (problem) {
      case MoveProblem.ToChannelsFirst p ->
          of("to channels first", p.positions(), p.channels(), p.x(), p.y(), refusals);
      case MoveProblem.ToChannelsLast p ->
          of("to channels last", p.channels(), p.positions(), p.x(), p.y(), refusals);
      default -> null;
    };
  }

  private static @Nullable Kernel of(
      String name, int rows, int columns, Buffer x, Buffer y, List<String> refusals) {
    if (Math.min(rows, columns) < V) {
      refusals.add("%s: %d × %d numbers, needs %d each".formatted(name, rows, columns, V));
      return null;
    }
    return new Transpose(name + ", %d×%d tiles".formatted(V, V), rows, columns, x, y);
  }

  @Override
  public String name() {
    return name;
  }

  private int units() {
    return Math.ceilDiv(Math.max(rows, columns), length);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, shares.blocks(batch * units()));
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(tile);
  }

  @Override
  public void run(Frame frame, int block) {
    int units = frame.batch() * units();
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * units / blocks);
    for (int unit = (int) ((long) block * units / blocks); unit < past; unit++) {
      int from = unit % units() * length;
      int sample = unit / units();
      if (rows >= columns) {
        part(frame, block, sample, from, Math.min(rows, from + length), 0, columns);
      } else {
        part(frame, block, sample, 0, rows, from, Math.min(columns, from + length));
      }
    }
  }

  /// Moves a rectangle, of which whole tiles as such.
  private void part(
      Frame frame, int block, int sample, int row, int pastRow, int column, int pastColumn) {
    float[] in = frame.array(x);
    float[] out = frame.array(y);
    int inAt = x.at() + sample * rows * columns;
    int outAt = y.at() + sample * rows * columns;
    int wholeRow = pastRow - (pastRow - row) % V;
    int wholeColumn = pastColumn - (pastColumn - column) % V;
    int scratch = tile.at() + block * V * V;
    if (rows >= columns) {
      for (int c = column; c < wholeColumn; c += V) {
        for (int r = row; r < wholeRow; r += V) {
          int from = inAt + r * columns + c;
          tile(in, from, out, outAt + c * rows + r, frame.arena(), scratch);
        }
      }
    } else {
      for (int r = row; r < wholeRow; r += V) {
        for (int c = column; c < wholeColumn; c += V) {
          int from = inAt + r * columns + c;
          tile(in, from, out, outAt + c * rows + r, frame.arena(), scratch);
        }
      }
    }
    singly(in, inAt, out, outAt, row, wholeRow, wholeColumn, pastColumn);
    singly(in, inAt, out, outAt, wholeRow, pastRow, column, pastColumn);
  }

  private void singly(
      float[] in, int inAt, float[] out, int outAt, int row, int pastRow, int column, int past) {
    for (int c = column; c < past; c++) {
      for (int r = row; r < pastRow; r++) {
        out[outAt + c * rows + r] = in[inAt + r * columns + c];
      }
    }
  }

  private void tile(float[] in, int inAt, float[] out, int outAt, float[] scratch, int at) {
    int last = upper.length - 1;
    pass(in, inAt, columns, scratch, at, V, 1 << last, upper[last], lower[last]);
    for (int pass = last - 1; pass > 0; pass--) {
      pass(scratch, at, V, scratch, at, V, 1 << pass, upper[pass], lower[pass]);
    }
    pass(scratch, at, V, out, outAt, rows, 1, upper[0], lower[0]);
  }

  /// Exchanges blocks of lanes between rows `distance` apart.
  private static void pass(
      float[] in,
      int inAt,
      int inLine,
      float[] out,
      int outAt,
      int outLine,
      int distance,
      int[] up,
      int[] low) {
    var first = IntVector.fromArray(I, up, 0);
    var second = IntVector.fromArray(I, low, 0);
    for (int pair = 0; pair < V / 2; pair++) {
      int i = (pair & -distance) + pair; // pair with a 0 put in at the bit of the distance
      int j = i + distance;
      var a = FloatVector.fromArray(F, in, inAt + i * inLine).reinterpretAsInts();
      var b = FloatVector.fromArray(F, in, inAt + j * inLine).reinterpretAsInts();
      first.selectFrom(a, b).reinterpretAsFloats().intoArray(out, outAt + i * outLine);
      second.selectFrom(a, b).reinterpretAsFloats().intoArray(out, outAt + j * outLine);
    }
  }
}
