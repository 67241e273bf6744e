package dev.tarn.engine.pooling;

import dev.tarn.engine.reference.ReferenceEngine;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The reference engine's pooling against the formulas.
class ReferencePoolTest {
  @TestFactory
  Stream<DynamicTest> contract() {
    return PoolContract.of(new ReferenceEngine(), 5000);
  }

  @Test
  @Tag("long")
  void hundredThousandRandomCases() {
    PoolContract.agreesOnRandomCases(new ReferenceEngine(), 100_000);
  }
}
