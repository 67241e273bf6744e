package dev.tarn.engine;

import java.util.List;

/// The kernel an engine chose, and in words why faster ones refused.
///
/// @param kernel what will run
/// @param refusals one line per kernel that came before it and refused: `winograd: stride 2, needs
///   1`
public record Choice(Kernel kernel, List<String> refusals) {
  public Choice {
    refusals = List.copyOf(refusals);
  }

  public static Choice of(Kernel kernel) {
    return new Choice(kernel, List.of());
  }
}
