package dev.tarn.model;

import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;

/// What [Model#replacePooling] puts in the place of a pooling layer; its outputs are as large.
@FunctionalInterface
public interface Replacement {
  /// The node for a pooling layer.
  ///
  /// @param pool the layer
  /// @param input what it pooled
  Node node(Pool pool, Node input);

  /// The same regions, reduced in another way: `Reduction.average()`, `Reduction.lp(2)`, …
  static Replacement reduction(Reduction wanted) {
    return (pool, input) -> input.then(new Pool(wanted, pool.regions()));
  }

  /// A convolution with the pooling layer's window and as many filters as channels, then ReLU
  /// (Springenberg et al. 2014, section 2). Regions that are no sliding windows are left as they
  /// are, since a filter needs one size.
  static Replacement stridedConvolution() {
    return (pool, input) ->
        pool.regions() instanceof Regions.Sliding(var window)
            ? input
                .then(new Conv(input.shape().channels(), window, 1, Bias.WITH, Initializer.HE))
                .relu()
            : input.then(pool);
  }
}
