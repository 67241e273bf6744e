package dev.tarn.engine.pooling;

import dev.tarn.layer.Pool;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;

/// A pooling that is worth testing, and why.
///
/// @param name why it exists
/// @param pool what is computed
/// @param input `[N, C, spatial…]`
public record PoolCase(String name, Pool pool, Shape input) {
  PoolCase with(Reduction reduction) {
    return new PoolCase(name, new Pool(reduction, pool.regions()), input);
  }

  @Override
  public String toString() {
    return "%s: %s on %s".formatted(name, pool, input);
  }
}
