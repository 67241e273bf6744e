package dev.tarn.cli.bench;

import dev.tarn.engine.Engines;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Times the named cases, each after its answer was compared with the reference engine's.
public final class Bench {
  private final List<String> wanted;
  private final int threads;

  /// @param wanted parts of names; a case is run if its name holds one of them, all if there are
  ///   none
  /// @param threads that kernels may use
  public Bench(List<String> wanted, int threads) {
    this.wanted = List.copyOf(wanted);
    this.threads = threads;
  }

  /// The names of all cases.
  public static List<String> names() {
    return cases().stream().map(Case::name).toList();
  }

  /// All cases.
  public static List<Case> cases() {
    List<Case> cases = new ArrayList<>(PoolCases.all());
    cases.addAll(ConvCases.all());
    cases.addAll(ModelCases.all());
    cases.addAll(TrainingCases.all());
    return cases;
  }

  private boolean isWanted(String name) {
    return wanted.isEmpty() || wanted.stream().anyMatch(name::contains);
  }

  /// Whether any case is wanted.
  public boolean isEmpty() {
    return names().stream().noneMatch(this::isWanted);
  }

  /// Runs the wanted cases.
  ///
  /// @param table gets `tarn<TAB>case<TAB>milliseconds` for every case
  /// @param notes gets rates, and the limits of this machine they are compared with
  /// @throws IllegalStateException if an answer is wrong
  public void run(Consumer<String> table, Consumer<String> notes) {
    notes.accept(Engines.note());
    Machine machine = Machine.measure(threads);
    notes.accept(
        String.format(
            Locale.ROOT,
            "limits with %d threads: copy %.1f GB/s, fused multiply-add %.1f GFLOP/s",
            threads,
            machine.copyBytesPerSecond() * 1e-9,
            machine.flopsPerSecond() * 1e-9));
    for (Case c : cases()) {
      if (isWanted(c.name())) {
        try (Case.Run run = c.prepare(threads)) {
          run.check();
          report(c.name(), run.median(), run.work(), machine, table, notes);
        }
      }
    }
  }

  private static void report(
      String name,
      long nanos,
      Case.Work work,
      Machine machine,
      Consumer<String> table,
      Consumer<String> notes) {
    table.accept(String.format(Locale.ROOT, "tarn\t%s\t%.4f", name, nanos * 1e-6));
    String rate = rate(nanos * 1e-9, work, machine);
    if (rate != null) {
      notes.accept(name + ": " + rate);
    }
  }

  private static @Nullable String rate(double seconds, Case.Work work, Machine machine) {
    if (work.flops() > 0) {
      double rate = work.flops() / seconds;
      return String.format(
          Locale.ROOT,
          "%.1f GFLOP/s, %.0f %% of the multiply-add limit",
          rate * 1e-9,
          100 * rate / machine.flopsPerSecond());
    }
    if (work.bytes() > 0) {
      double rate = work.bytes() / seconds;
      return String.format(
          Locale.ROOT,
          "%.1f GB/s, %.0f %% of copying",
          rate * 1e-9,
          100 * rate / machine.copyBytesPerSecond());
    }
    return null;
  }
}
