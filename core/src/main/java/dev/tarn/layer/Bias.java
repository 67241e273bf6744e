package dev.tarn.layer;

/// Whether a layer adds a learned number to each output channel.
public enum Bias {
  WITH,
  WITHOUT
}
