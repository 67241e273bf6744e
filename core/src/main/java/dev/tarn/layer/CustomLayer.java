package dev.tarn.layer;

import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;

/// The users' door: a layer of their own, with its own forward and backward.
///
/// Implement it as a record. Tensors have a batch axis in front and are in NCHW layout. The plan
/// calls [#forward] and [#backward] from one thread at a time for one batch; the layer must keep
/// nothing between calls, since one layer may serve many plans.
public non-sealed interface CustomLayer extends Layer {
  /// Computes the output.
  ///
  /// @param inputs one tensor per input
  /// @param parameters in the order of [#parameters]
  /// @return a tensor of [#outputShape] with the inputs' batch
  Tensor forward(List<Tensor> inputs, List<Tensor> parameters);

  /// Computes the gradients of the loss by inputs and parameters.
  ///
  /// @param inputs what [#forward] got
  /// @param parameters likewise
  /// @param output what [#forward] returned
  /// @param gradOutput gradient by the output
  Gradients backward(
      List<Tensor> inputs, List<Tensor> parameters, Tensor output, Tensor gradOutput);

  /// What [#backward] returns.
  ///
  /// @param inputs one tensor per input, shaped like it
  /// @param parameters one tensor per parameter, summed over the batch; those of states are ignored
  record Gradients(List<Tensor> inputs, List<Tensor> parameters) {}

  @Override
  default long flops(List<Shape> inputs, Shape output) {
    return output.elements();
  }
}
