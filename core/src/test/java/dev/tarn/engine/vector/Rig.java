package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Prepared;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Memory for one problem in a test: buffers side by side with a gap between them, and everything
/// that nobody filled is NaN, so that whoever reads it is found out.
final class Rig {
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<float[]> contents = new ArrayList<>();
  private final int batch;
  private Frame frame = new Frame(new float[0], new float[0], new float[0], new byte[0]);

  Rig(int batch) {
    this.batch = batch;
  }

  Buffer samples(String name, int each, float... values) {
    return add(Buffer.perSample(Space.ARENA, name, each), values);
  }

  Buffer whole(String name, int size, float... values) {
    return add(Buffer.scratch(Space.ARENA, name, size), values);
  }

  /// A weight that kernels may prepare once.
  Buffer constant(String name, int size, float... values) {
    return add(Buffer.constant(name, size), values);
  }

  private Buffer add(Buffer buffer, float[] values) {
    buffers.add(buffer);
    contents.add(values);
    return buffer;
  }

  Rig run(Engine engine, Problem problem, Workers workers) {
    return run(engine.choose(problem).kernel(), workers);
  }

  Rig run(Kernel kernel, Workers workers) {
    var all = new ArrayList<>(buffers);
    collect(kernel, all);
    long size = 3;
    for (Buffer b : all) {
      b.place((int) size);
      size += b.size(batch) + 5;
    }
    // Nothing behind the last buffer: reading past it must not happen.
    float[] arena = new float[(int) size - 5];
    Arrays.fill(arena, Float.NaN);
    for (int i = 0; i < contents.size(); i++) {
      System.arraycopy(contents.get(i), 0, arena, buffers.get(i).at(), contents.get(i).length);
    }
    var prepared = new Prepared(arena.length, () -> 0);
    Arrays.fill(prepared.array(), Float.NaN);
    frame = new Frame(arena, arena, new float[0], new byte[0], prepared);
    frame.batch(batch);
    prepared.update(once(kernel), frame, workers);
    workers.run(kernel, frame);
    return this;
  }

  private static List<Kernel> once(Kernel kernel) {
    var all = new ArrayList<>(kernel.once());
    kernel.after().forEach(k -> all.addAll(once(k)));
    return all;
  }

  Frame frame() {
    return frame;
  }

  private static void collect(Kernel kernel, List<Buffer> all) {
    for (Buffer b : kernel.scratch()) {
      if (!all.contains(b)) {
        all.addFirst(b);
      }
    }
    kernel.once().forEach(k -> collect(k, all));
    kernel.after().forEach(k -> collect(k, all));
  }

  float[] get(Buffer buffer) {
    int at = buffer.at();
    return Arrays.copyOfRange(frame.arena(), at, at + (int) buffer.size(batch));
  }
}
