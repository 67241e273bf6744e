package dev.tarn.bench;

import dev.tarn.cli.bench.Bench;
import dev.tarn.cli.bench.Case;
import java.util.Optional;

/// Tarn itself: the cases of `tarn bench`, each compared with the reference engine before it is
/// timed. A call of a `train` case is a whole run of the trainer, its plan and threads included.
public final class TarnLibrary implements Library {
  @Override
  public String name() {
    return "tarn";
  }

  @Override
  public boolean has(String name) {
    return find(name).isPresent();
  }

  @Override
  public int times(String name) {
    return find(name).orElseThrow().times();
  }

  @Override
  public Prepared prepare(String name, int threads) {
    Case.Run run = find(name).orElseThrow().prepare(threads);
    run.check();
    return new Prepared() {
      @Override
      public Object get() {
        run.once();
        return this;
      }

      @Override
      public void close() {
        run.close();
      }
    };
  }

  private static Optional<Case> find(String name) {
    return Bench.cases().stream().filter(c -> c.name().equals(name)).findFirst();
  }
}
