package dev.tarn.golden;

import dev.tarn.engine.Engine;
import dev.tarn.engine.reference.ReferenceEngine;
import java.util.List;

/// The engines that have to give the golden answers.
final class Engines {
  private Engines() {}

  static List<Engine> all() {
    return List.of(new ReferenceEngine());
  }
}
