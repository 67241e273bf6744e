package dev.tarn.engine;

import java.util.List;

/// Problems that follow each other, each reading what one before it wrote: what an engine may solve
/// in one go, so that what lies between is never written and read again.
///
/// The answer is that of the links one after the other, bit for bit unless an engine says by how
/// much it differs. Results that no later link reads are written, and whatever else links leave
/// behind (the places of extrema); the others need not be, and may have no place at all. Where a
/// link works in the place of its input, the buffer between is that of the result.
///
/// | chain | what it saves |
/// |---|---|
/// | convolution or dense, ReLU | reading and writing the output |
/// | gradient by data, gradient of ReLU | the same of the gradient |
/// | gradient of pooling, gradients by weight and by data | the gradient by the large maps |
/// | convolution, ReLU, pooling | an output that is never written |
/// | to channels last, convolution, to channels first | both changes of layout |
///
/// @param links at least two
public record Chain(List<Problem> links) {
  public Chain {
    links = List.copyOf(links);
    assert links.size() > 1;
  }

  public Problem first() {
    return links.getFirst();
  }

  public Problem last() {
    return links.getLast();
  }
}
