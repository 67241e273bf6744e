package dev.tarn.cli.bench;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Prepared;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// A case of a few problems on buffers of random normal numbers.
///
/// @param name of the case
/// @param batch samples
/// @param make the problems and their buffers; called once per engine, since buffers have a place
/// @param work arithmetic and traffic
/// @param tolerance largest allowed difference, relative to the largest answer; 0 for equal bits
record KernelCase(String name, int batch, Supplier<Setup> make, Work work, double tolerance)
    implements Case {
  /// @param problems to be solved one after the other
  /// @param buffers all that they touch
  /// @param answer the buffer to compare
  record Setup(List<Problem> problems, List<Buffer> buffers, Buffer answer) {
    Setup {
      problems = List.copyOf(problems);
      buffers = List.copyOf(buffers);
    }
  }

  @Override
  public Run prepare(int threads) {
    Workers workers = Workers.of(threads);
    Bound mine = new Bound(Engines.best(), make.get(), batch);
    return new Run() {
      @Override
      public void check() {
        Bound oracle = new Bound(new ReferenceEngine(), make.get(), batch);
        mine.run(workers);
        oracle.run(workers);
        mine.requireEqual(name, oracle, tolerance);
      }

      @Override
      public void once() {
        mine.run(workers);
      }

      @Override
      public Work work() {
        return work;
      }

      @Override
      public void close() {
        workers.close();
      }
    };
  }

  /// Kernels with memory of their own.
  private static final class Bound {
    private final List<Kernel> kernels = new ArrayList<>();
    private final List<Kernel> once;
    private final Frame frame;
    private final Buffer answer;
    private final int answerSize;

    Bound(Engine engine, Setup setup, int batch) {
      List<Buffer> buffers = new ArrayList<>(setup.buffers());
      kernels.addAll(kernels(engine, setup.problems()));
      kernels.forEach(kernel -> addScratch(kernel, buffers));
      int floats = place(Space.ARENA, buffers, batch);
      int bytes = place(Space.BYTES, buffers, batch);
      float[] parameters = new float[place(Space.PARAMETERS, buffers, batch)];
      var prepared = new Prepared(place(Space.PREPARED, buffers, batch), () -> 0);
      this.once = kernels.stream().flatMap(k -> once(k).stream()).toList();
      this.answer = setup.answer();
      this.answerSize = (int) answer.size(batch);
      this.frame =
          new Frame(new float[floats], parameters, new float[0], new byte[bytes], prepared);
      frame.batch(batch);
      var random = SeededRandom.of(1);
      for (Buffer buffer : setup.buffers()) {
        if (buffer.space() != Space.BYTES) {
          for (int i = 0; i < buffer.size(batch); i++) {
            frame.array(buffer)[buffer.at() + i] =
                (float) (random.uniform() + random.uniform() - 1);
          }
        }
      }
    }

    /// One kernel for all problems if the engine has one, as in a plan.
    private static List<Kernel> kernels(Engine engine, List<Problem> problems) {
      Choice fused =
          problems.size() > 1 ? engine.fuse(new Chain(problems), new ArrayList<>()) : null;
      return fused != null
          ? List.of(fused.kernel())
          : problems.stream().map(problem -> engine.choose(problem).kernel()).toList();
    }

    /// Places the buffers of one space one behind the other and returns their end.
    private static int place(Space space, List<Buffer> buffers, int batch) {
      long end = space.start();
      for (Buffer buffer : buffers) {
        if (buffer.space() == space) {
          buffer.place(Math.toIntExact(end));
          end += (buffer.size(batch) + 63) / 64 * 64;
        }
      }
      return Math.toIntExact(end);
    }

    private static void addScratch(Kernel kernel, List<Buffer> to) {
      to.addAll(kernel.scratch());
      kernel.once().forEach(once -> addScratch(once, to));
      kernel.after().forEach(after -> addScratch(after, to));
    }

    private static List<Kernel> once(Kernel kernel) {
      List<Kernel> all = new ArrayList<>(kernel.once());
      kernel.after().forEach(after -> all.addAll(once(after)));
      return all;
    }

    void run(Workers workers) {
      frame.prepared().update(once, frame, workers);
      for (Kernel kernel : kernels) {
        workers.run(kernel, frame);
      }
    }

    void requireEqual(String name, Bound oracle, double tolerance) {
      float largest = 0;
      for (int i = 0; i < answerSize; i++) {
        largest = Math.max(largest, Math.abs(oracle.frame.arena()[oracle.answer.at() + i]));
      }
      for (int i = 0; i < answerSize; i++) {
        float expected = oracle.frame.arena()[oracle.answer.at() + i];
        float got = frame.arena()[answer.at() + i];
        boolean same =
            tolerance == 0
                ? Float.floatToIntBits(got) == Float.floatToIntBits(expected)
                : Math.abs(got - expected) <= tolerance * largest;
        if (!same) {
          throw new IllegalStateException(
              "%s: element %d is %s; the reference engine gives %s."
                  .formatted(name, i, got, expected));
        }
      }
    }
  }
}
