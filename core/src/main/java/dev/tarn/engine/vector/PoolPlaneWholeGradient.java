package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.Arrays;

/// The gradient of average and sum pooling of whole planes, channels first: every cell of a plane
/// gets the same.
final class PoolPlaneWholeGradient implements Kernel {
  /// Cells that are worth a hand-over: about 3 µs.
  private static final int WORTH = 1 << 15;

  private final PoolGeometry g;
  private final String name;
  private final double divisor;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Shares shares;

  PoolPlaneWholeGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s along planes".formatted(problem.reduction(), g.describe());
    this.divisor = DivisorTable.of(problem.reduction(), g).at(0, 0, 0);
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.shares = new Shares(g.inPositions(), WORTH);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * g.channels());
  }

  @Override
  public void run(Frame frame, int block) {
    int planes = frame.batch() * g.channels();
    int cells = g.inPositions();
    int past = shares.first(block + 1, planes);
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    for (int plane = shares.first(block, planes); plane < past; plane++) {
      int at = gradX.at() + plane * cells;
      // A sum that begins with 0, as the reference's does, has no −0.
      float share = (float) (from[gradY.at() + plane] / divisor) + 0f;
      Arrays.fill(to, at, at + cells, share);
    }
  }
}
