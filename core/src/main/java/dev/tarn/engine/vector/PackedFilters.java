package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;

/// Filters in the order in which tiles of [ConvFirst], [ConvFirstPlanes] and [ConvPointwise] read
/// them: panels of as many results as a tile has lanes or rows, product by product, and behind all
/// panels the biases, or zeros, one for each result.
///
/// Made once where weight and bias are constant, else before every run.
final class PackedFilters {
  private final Sweep sweep;
  private final int[] first;
  private final int[] width;
  private final int[] at;
  private final int groupSize;
  private final int groupStarts;
  private final boolean constant;
  private final Buffer packed;

  /// @param first number, inside the group, of each panel's first filter
  /// @param width filters of each panel; those beyond the last of the group are zeros
  private PackedFilters(Sweep sweep, int[] first, int[] width) {
    this.sweep = sweep;
    this.first = first;
    this.width = width;
    this.at = new int[first.length];
    int size = 0;
    for (int i = 0; i < at.length; i++) {
      at[i] = size;
      size += width[i] * sweep.depth();
    }
    this.groupSize = size;
    this.groupStarts = first[first.length - 1] + width[first.length - 1];
    Buffer bias = sweep.bias();
    this.constant = sweep.weight().isConstant() && (bias == null || bias.isConstant());
    long all = Math.multiplyExact((long) sweep.groups(), groupSize + groupStarts);
    String name = sweep.weight() + " by product";
    this.packed = constant ? Buffer.prepared(name, all) : Buffer.scratch(Space.ARENA, name, all);
  }

  /// Panels of [Lanes#COLS] filters, the last narrower if that suffices.
  static PackedFilters inLanes(Sweep sweep) {
    int n = sweep.resultChannels();
    int[] first = new int[Panels.count(n)];
    int[] width = new int[first.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = i * COLS;
      width[i] = Panels.width(Panels.columns(i, n));
    }
    return new PackedFilters(sweep, first, width);
  }

  /// Panels of as many filters as a tile has rows.
  static PackedFilters inRows(Sweep sweep) {
    Cuts cuts = Cuts.rows(sweep.resultChannels());
    return new PackedFilters(sweep, cuts.at(), cuts.size());
  }

  /// The kernel that does all: `product`, after the packing where that has to be done every time.
  Kernel before(Kernel product) {
    return constant ? product : new Pack(product.name(), List.of(product));
  }

  /// What `product` asks for once.
  List<Kernel> once() {
    return constant ? List.of(new Pack("filters by product", List.of())) : List.of();
  }

  /// Panels of one group.
  int panels() {
    return first.length;
  }

  /// Number of a panel's first filter in its group.
  int first(int panel) {
    return first[panel];
  }

  /// Filters of a panel, zeros included.
  int width(int panel) {
    return width[panel];
  }

  float[] array(Frame frame) {
    return frame.array(packed);
  }

  /// Where a panel begins.
  int panelAt(int group, int panel) {
    return packed.at() + group * groupSize + at[panel];
  }

  /// Where the biases of a panel begin.
  int startAt(int group, int panel) {
    return packed.at() + sweep.groups() * groupSize + group * groupStarts + first[panel];
  }

  /// Packs all groups: few numbers, so that threads would not help.
  private final class Pack implements Kernel {
    private final String name;
    private final List<Kernel> after;

    Pack(String name, List<Kernel> after) {
      this.name = name;
      this.after = after;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int blocks(int batch) {
      return 1;
    }

    @Override
    public void run(Frame frame, int block) {
      float[] to = array(frame);
      float[] w = frame.array(sweep.weight());
      Buffer bias = sweep.bias();
      int n = sweep.resultChannels();
      int depth = sweep.depth();
      for (int group = 0; group < sweep.groups(); group++) {
        int from = sweep.weight().at() + group * n * depth;
        for (int i = 0; i < panels(); i++) {
          int columns = Math.min(width[i], n - first[i]);
          int panel = panelAt(group, i);
          if (sweep.gradient()) {
            // One tap: the weight is [product][result] already.
            Panels.rows(w, from + first[i], n, depth, columns, to, panel);
          } else {
            Panels.filters(w, from + first[i] * depth, depth, columns, to, panel, width[i]);
          }
        }
        int start = startAt(group, 0);
        Arrays.fill(to, start, start + groupStarts, 0f);
        if (bias != null) {
          System.arraycopy(frame.array(bias), bias.at() + group * n, to, start, n);
        }
      }
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(packed);
    }

    @Override
    public List<Kernel> after() {
      return after;
    }
  }
}
