package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Gives every buffer of a plan its place in the arena, so that buffers that are never alive
/// together share memory.
///
/// Greedy by size (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net
/// inference"): the largest buffer first, each at the lowest offset where no placed buffer of an
/// overlapping life is in the way.
final class MemoryPlanner {
  private static final int BEFORE = -1;

  private final Map<Buffer, Life> lives = new LinkedHashMap<>();

  /// The steps from the first to the last that touch a buffer.
  private record Life(int from, int to) {
    boolean overlaps(Life other) {
      return from <= other.to && other.from <= to;
    }

    Life with(int step) {
      return new Life(Math.min(from, step), Math.max(to, step));
    }
  }

  private record Placed(Buffer buffer, Life life, long from, long to) {}

  /// Says that these buffers' contents matter during a step.
  void touch(List<Buffer> buffers, int step) {
    buffers.forEach(b -> touch(b, step));
  }

  /// Says that a buffer is filled before the first step, and before weights are prepared.
  void given(Buffer buffer) {
    touch(buffer, BEFORE);
  }

  /// Says that a kernel runs before the first step, and that what it prepares stays until `end`.
  void prepare(Kernel kernel, int end) {
    prepared(kernel.scratch(), end);
  }

  /// Says that buffers are written before the first step, and that those of [Space#PREPARED] stay
  /// until `end`.
  void prepared(List<Buffer> buffers, int end) {
    touch(buffers, BEFORE);
    touch(buffers.stream().filter(b -> b.space() == Space.PREPARED).toList(), end);
  }

  /// Says that a buffer's content matters during this step.
  void touch(Buffer buffer, int step) {
    boolean planned =
        switch (buffer.space()) {
          case ARENA, BYTES, PREPARED -> true;
          case PARAMETERS, GRADIENTS -> false;
        };
    if (planned) {
      lives.merge(buffer, new Life(step, step), (a, b) -> a.with(step));
    }
  }

  /// Places all buffers of one space, at the beginning of cache lines ([Space#start]) so that
  /// vectors do not straddle two, and returns the elements it needs. What lies beyond the end of
  /// the longest array has no place.
  long place(Space space, int batch, PlanOptions.MemorySharing sharing) {
    List<Map.Entry<Buffer, Life>> order =
        new ArrayList<>(
            lives.entrySet().stream().filter(e -> e.getKey().space() == space).toList());
    order.sort(
        Comparator.comparingLong((Map.Entry<Buffer, Life> e) -> -e.getKey().size(batch))
            .thenComparingInt(e -> e.getValue().from()));
    List<Placed> placed = new ArrayList<>();
    long end = 0;
    for (var entry : order) {
      long size = (entry.getKey().size(batch) + space.line() - 1) / space.line() * space.line();
      Life life =
          sharing == PlanOptions.MemorySharing.SHARED
              ? entry.getValue()
              : new Life(Integer.MIN_VALUE, Integer.MAX_VALUE);
      long at = lowestGap(placed, life, space.start(), size);
      if (at + size <= Shape.MOST_ELEMENTS) {
        entry.getKey().place((int) at);
      }
      placed.add(new Placed(entry.getKey(), life, at, at + size));
      placed.sort(Comparator.comparingLong(Placed::from));
      end = Math.max(end, at + size);
    }
    return end;
  }

  /// Bytes of frames in use at each of the steps.
  long[] alive(int steps, int batch) {
    long[] change = new long[steps + 1];
    lives.forEach((buffer, life) -> {
      long bytes =
          switch (buffer.space()) {
            case ARENA -> 4 * buffer.size(batch);
            case BYTES -> buffer.size(batch);
            case PARAMETERS, GRADIENTS, PREPARED -> 0;
          };
      change[Math.clamp(life.from(), 0, steps)] += bytes;
      change[Math.clamp(life.to() + 1L, 0, steps)] -= bytes;
    });
    Arrays.parallelPrefix(change, Long::sum);
    return Arrays.copyOf(change, steps);
  }

  private static long lowestGap(List<Placed> placed, Life life, int start, long size) {
    long at = start;
    for (Placed other : placed) {
      if (other.life().overlaps(life)) {
        if (other.from() - at >= size) {
          return at;
        }
        at = Math.max(at, other.to());
      }
    }
    return at;
  }
}
