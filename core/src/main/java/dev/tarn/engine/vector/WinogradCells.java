package dev.tarn.engine.vector;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import java.util.List;

/// Transforms the cells of a Winograd convolution whose tiles are one group, for all the blocks
/// that share its channels; does nothing where each block transforms groups of its own.
record WinogradCells(ConvWinograd product, List<Kernel> after) implements Kernel {
  WinogradCells(ConvWinograd product) {
    this(product, List.of(product));
  }

  private int chunks() {
    return (product.sourceChannels() + ConvWinograd.CHUNK - 1) / ConvWinograd.CHUNK;
  }

  @Override
  public String name() {
    return product.name();
  }

  @Override
  public int blocks(int batch) {
    int units = product.rows(batch) * chunks();
    return product.isShared(batch) ? Math.min(product.mostBlocks(), units) : 0;
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int chunks = chunks();
    int units = product.rows(frame.batch()) * chunks;
    for (int u = block * units / blocks; u < (block + 1) * units / blocks; u++) {
      product.share(frame, block, u / chunks, u % chunks * ConvWinograd.CHUNK);
    }
  }
}
