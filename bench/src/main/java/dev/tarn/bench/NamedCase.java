package dev.tarn.bench;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// One case in one library, the distribution of its time. [Compare] sets the parameters.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "-XX:+UseSerialGC",
      "-XX:ObjectAlignmentInBytes=64"
    })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class NamedCase {
  @Param("tarn")
  String library = "tarn";

  @Param("infer.textbook.b1.nchw")
  String name = "";

  @Param("2")
  int threads;

  private Library.@Nullable Prepared prepared;

  @Setup(Level.Trial)
  public void prepare() {
    for (Library each : Library.all()) {
      if (each.name().equals(library) && each.has(name)) {
        prepared = each.prepare(name, threads);
      }
    }
    if (prepared == null) {
      throw new IllegalArgumentException("%s has no %s".formatted(library, name));
    }
  }

  @Benchmark
  public Object once() {
    Library.Prepared ready = prepared;
    return ready == null ? this : ready.get();
  }

  @TearDown(Level.Trial)
  public void close() {
    if (prepared != null) {
      prepared.close();
    }
  }
}
