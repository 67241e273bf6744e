package dev.tarn.engine.pooling;

import dev.tarn.engine.Engine;
import dev.tarn.engine.vector.Widths;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The vector engine's pooling against the formulas, at every width this machine has.
class VectorPoolTest {
  @TestFactory
  Stream<DynamicContainer> contract() {
    return Arrays.stream(Widths.bits())
        .mapToObj(Widths::engine)
        .map(engine ->
            DynamicContainer.dynamicContainer(engine.name(), PoolContract.of(engine, 1500)));
  }

  @Test
  @Tag("long")
  void hundredThousandRandomCases() {
    for (int bits : Widths.bits()) {
      Engine engine = Widths.engine(bits);
      PoolContract.agreesOnRandomCases(engine, 100_000);
    }
  }
}
