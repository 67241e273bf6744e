package dev.tarn.cli;

import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.zoo.Zoo;
import java.util.List;
import java.util.Optional;

/// A network that a command was given: one of the zoo, without weights, or one from a file.
///
/// @param model the network
/// @param parameters its weights; empty for one of the zoo
/// @param labels names of its classes; empty if nobody said
record ModelSource(Model model, Optional<Parameters> parameters, List<String> labels) {
  static final String DESCRIPTION = "textbook, textbook2, lenet5.";

  /// Whether the text names a network of the zoo. A file of that name must be written `./textbook`.
  static boolean isInZoo(String text) {
    return Zoo.names().contains(text);
  }

  /// The network that the text names.
  static ModelSource of(String text) {
    return new ModelSource(Zoo.of(text).model(), Optional.empty(), List.of());
  }
}
