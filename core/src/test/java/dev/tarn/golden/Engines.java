package dev.tarn.golden;

import dev.tarn.engine.Engine;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.engine.vector.Widths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The engines that have to give the golden answers: the reference, and vectors of every width this
/// machine has.
final class Engines {
  private static final List<Engine> ALL = new ArrayList<>(List.of(new ReferenceEngine()));

  static {
    Arrays.stream(Widths.bits()).mapToObj(Widths::engine).forEach(ALL::add);
  }

  private Engines() {}

  static List<Engine> all() {
    return ALL;
  }
}
