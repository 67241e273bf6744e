package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Parts of values, and values side by side.
final class SelectOperators {
  static final Set<String> NAMES =
      Set.of("Concat", "Split", "Slice", "Gather", "Expand", "Tile", "Pad");

  private SelectOperators() {}

  static List<Value> read(Call call) {
    return switch (call.operator()) {
      case "Concat" -> List.of(concat(call));
      case "Split" -> split(call);
      case "Slice" -> List.of(slice(call));
      case "Gather" -> List.of(gather(call));
      case "Expand" -> List.of(expand(call));
      case "Tile" -> List.of(tile(call));
      default -> List.of(pad(call));
    };
  }

  private static Value concat(Call call) {
    List<Value> parts = call.all();
    int rank = parts.getFirst().rank();
    int axis = Call.axis(call.attributes().whole("axis", Long.MIN_VALUE), rank);
    for (Value part : parts) {
      if (part.rank() != rank) {
        throw new FormatException(
            "values with %d and %d axes are put side by side; expected as many."
                .formatted(rank, part.rank()));
      }
    }
    return call.emit().concat(parts, axis);
  }

  private static List<Value> split(Call call) {
    Value x = call.input(0);
    Attributes a = call.attributes();
    int axis = Call.axis(a.whole("axis", 0), x.rank());
    int size = x.dims()[axis];
    if (size == Computed.BATCH) {
      throw new MixedSamples("the batch is split");
    }
    @Nullable List<Long> told = call.opset() < 13 ? a.wholes("split") : null;
    Known known = call.opset() < 13 ? null : call.knownOrNull(1);
    if (known != null) {
      told = LongStream.of(known.wholes("split")).boxed().toList();
    }
    int parts = call.outputCount();
    if (call.opset() >= 18 && told == null && a.has("num_outputs")) {
      parts = a.within("num_outputs", 0, 1, 1 << 16);
    }
    List<Long> sizes = told;
    if (sizes == null) {
      sizes = new ArrayList<>();
      long each = Math.ceilDiv(size, Math.max(1, parts));
      for (int i = 0; i < parts; i++) {
        sizes.add(Math.clamp(size - i * each, 0, each));
      }
    }
    if (sizes.size() < call.outputCount()
        || sizes.stream().anyMatch(s -> s < 0 || s > size)
        || sizes.stream().mapToLong(s -> s).sum() != size) {
      throw new FormatException(
          "parts of %s are split from %d cells; expected %d that sum up to it."
              .formatted(quote(sizes.toString()), size, call.outputCount()));
    }
    List<Value> all = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < call.outputCount(); i++) {
      int to = from + sizes.get(i).intValue();
      all.add(call.emit().select(x, Map.of(axis, IntStream.range(from, to).toArray()), 0));
      from = to;
    }
    return all;
  }

  private static Value slice(Call call) {
    Value x = call.input(0);
    boolean byAttributes = call.opset() < 10;
    Attributes a = call.attributes();
    long[] starts = byAttributes ? longs(a.wholes("starts")) : call.known(1).wholes("starts");
    long[] ends = byAttributes ? longs(a.wholes("ends")) : call.known(2).wholes("ends");
    Known given = byAttributes ? null : call.knownOrNull(3);
    Known stepped = byAttributes ? null : call.knownOrNull(4);
    List<Long> named = byAttributes ? a.wholes("axes") : null;
    if (given != null) {
      named = LongStream.of(given.wholes("axes")).boxed().toList();
    }
    List<Integer> axes =
        named == null
            ? IntStream.range(0, starts.length).boxed().toList()
            : Call.axes(named, x.rank());
    long[] steps = new long[starts.length];
    Arrays.fill(steps, 1);
    if (stepped != null) {
      steps = stepped.wholes("steps");
    }
    if (ends.length != starts.length
        || axes.size() != starts.length
        || steps.length != starts.length
        || starts.length > x.rank()) {
      throw new FormatException(
          "%d starts, %d ends, %d axes and %d steps; expected as many of each."
              .formatted(starts.length, ends.length, axes.size(), steps.length));
    }
    Map<Integer, int[]> cells = new HashMap<>();
    for (int i = 0; i < starts.length; i++) {
      int size = x.dims()[axes.get(i)];
      if (size == Computed.BATCH) {
        if (starts[i] == 0 && ends[i] >= Integer.MAX_VALUE && steps[i] == 1) {
          continue;
        }
        throw new MixedSamples("samples are sliced");
      }
      cells.put(axes.get(i), cells(size, starts[i], ends[i], steps[i]));
    }
    return call.emit().select(x, cells, 0);
  }

  private static long[] longs(@Nullable List<Long> numbers) {
    if (numbers == null) {
      throw new FormatException("starts or ends are missing; the operator needs them.");
    }
    return numbers.stream().mapToLong(n -> n).toArray();
  }

  private static int[] cells(int size, long start, long end, long step) {
    if (step == 0) {
      throw new FormatException("a step is 0; expected any other number.");
    }
    long from = start < 0 ? start + size : start;
    long to = end < 0 ? end + size : end;
    from = step > 0 ? Math.clamp(from, 0L, (long) size) : Math.clamp(from, -1L, size - 1L);
    to = step > 0 ? Math.clamp(to, 0L, (long) size) : Math.clamp(to, -1L, size - 1L);
    List<Integer> cells = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      cells.add((int) i);
      if (Math.abs(step) >= size) {
        break;
      }
    }
    return cells.stream().mapToInt(i -> i).toArray();
  }

  private static Value gather(Call call) {
    Value x = call.input(0);
    int axis = Call.axis(call.attributes().whole("axis", 0), x.rank());
    Known indices = call.known(1);
    int size = x.dims()[axis];
    if (size == Computed.BATCH) {
      throw new MixedSamples("samples are gathered");
    }
    int[] cells =
        LongStream.of(indices.wholes("indices"))
            .mapToInt(i -> {
              if (i < -size || i >= size) {
                throw new FormatException(
                    "index %d of an axis of %d; expected %d to %d."
                        .formatted(i, size, -size, size - 1));
              }
              return (int) (i < 0 ? i + size : i);
            })
            .toArray();
    Value taken = call.emit().select(x, Map.of(axis, cells), 0);
    int[] old = x.dims();
    int[] dims =
        IntStream.concat(
                IntStream.concat(IntStream.of(old).limit(axis), IntStream.of(indices.dims())),
                IntStream.of(old).skip(axis + 1L))
            .toArray();
    return call.emit().reshape(taken, dims);
  }

  private static Value expand(Call call) {
    Known told = call.sizes(1);
    long[] wanted = told.wholes("shape");
    boolean toBatch =
        told.hasBatch() && wanted[0] == Known.BATCH_SIZE && call.input(0) instanceof Known;
    // A constant that is repeated for every sample is one of the model.
    Value x = toBatch ? call.emit().computed(call.input(0), wanted.length) : call.input(0);
    int[] dims = new int[wanted.length];
    boolean batched = x instanceof Computed computed && computed.hasBatch();
    for (int axis = 0; axis < dims.length; axis++) {
      boolean first = batched && axis == 0 && dims.length == x.rank();
      if (first
          && (wanted[0] == 1
              || wanted[0] == Known.BATCH_SIZE
              || wanted[0] == call.emit().declaredBatch())) {
        dims[0] = Computed.BATCH;
        continue;
      }
      if ((batched && axis + x.rank() == dims.length) || wanted[axis] == Known.BATCH_SIZE) {
        throw new MixedSamples("samples are repeated");
      }
      dims[axis] = size(wanted[axis]);
    }
    return call.emit().expand(x, dims);
  }

  private static int size(long size) {
    if (size < 0) {
      throw new FormatException("a size is %d; expected at least 0.".formatted(size));
    }
    if (size > Emitter.MOST_CELLS) {
      throw new LimitException(
          "a size is %d; at most %d is possible.".formatted(size, Emitter.MOST_CELLS));
    }
    return (int) size;
  }

  private static Value tile(Call call) {
    Value x = call.input(0);
    long[] repeats = call.known(1).wholes("repeats");
    if (repeats.length != x.rank()) {
      throw new FormatException(
          "%d repeats for %d axes; expected as many.".formatted(repeats.length, x.rank()));
    }
    Map<Integer, int[]> cells = new HashMap<>();
    for (int axis = 0; axis < repeats.length; axis++) {
      if (repeats[axis] != 1) {
        int size = x.dims()[axis];
        if (size == Computed.BATCH) {
          throw new MixedSamples("samples are repeated");
        }
        long all = Math.multiplyExact(repeats[axis], (long) size);
        cells.put(axis, IntStream.range(0, size(all)).map(i -> i % size).toArray());
      }
    }
    return call.emit().select(x, cells, 0);
  }

  private static Value pad(Call call) {
    Value x = call.input(0);
    Attributes a = call.attributes();
    boolean byAttributes = call.opset() < 11;
    String mode = a.word("mode", "constant", "constant", "reflect", "edge", "wrap");
    long[] pads = byAttributes ? longs(a.wholes("pads")) : call.known(1).wholes("pads");
    double fill = byAttributes ? a.real("value", 0) : 0;
    Known value = byAttributes ? null : call.knownOrNull(2);
    if (value != null) {
      fill = value.scalar("constant_value");
    }
    Known named = byAttributes ? null : call.knownOrNull(3);
    List<Integer> axes =
        named == null
            ? IntStream.range(0, x.rank()).boxed().toList()
            : Call.axes(LongStream.of(named.wholes("axes")).boxed().toList(), x.rank());
    if (pads.length != 2 * axes.size()) {
      throw new FormatException(
          "%d pads for %d axes; expected twice as many.".formatted(pads.length, axes.size()));
    }
    Map<Integer, int[]> cells = new HashMap<>();
    for (int i = 0; i < axes.size(); i++) {
      long before = pads[i];
      long after = pads[i + axes.size()];
      if (before == 0 && after == 0) {
        continue;
      }
      int size = x.dims()[axes.get(i)];
      if (size == Computed.BATCH) {
        throw new MixedSamples("the batch is padded");
      }
      int outputs = size(Math.max(0, before + size + after));
      boolean empty = size == 0 || (mode.equals("reflect") && size == 1);
      if (empty && !mode.equals("constant")) {
        throw new FormatException("an axis of %d is padded by %s.".formatted(size, mode));
      }
      cells.put(
          axes.get(i),
          IntStream.range(0, outputs).map(o -> padded(mode, o - before, size)).toArray());
    }
    return call.emit().select(x, cells, fill);
  }

  private static int padded(String mode, long cell, int size) {
    if (cell >= 0 && cell < size) {
      return (int) cell;
    }
    return switch (mode) {
      case "edge" -> (int) Math.clamp(cell, 0L, size - 1L);
      case "wrap" -> (int) Math.floorMod(cell, (long) size);
      case "reflect" -> {
        int turn = Math.floorMod(cell, 2 * (size - 1));
        yield turn < size ? turn : 2 * (size - 1) - turn;
      }
      default -> -1;
    };
  }
}
