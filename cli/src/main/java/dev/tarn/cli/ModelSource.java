package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.store.Newest;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import dev.tarn.zoo.Pair;
import dev.tarn.zoo.Zoo;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A network that a command was given: one of the zoo, without weights, or one from a file.
///
/// @param name what it was called
/// @param model the network
/// @param parameters its weights; empty for one of the zoo
/// @param info what else the file says
record ModelSource(String name, Model model, Optional<Parameters> parameters, ModelInfo info) {
  static final String FILE = "A .tarn, .onnx, .keras or .h5 file";

  static final String DESCRIPTION =
      FILE + ", or a network by name: textbook, textbook2, lenet5, alexnet, vgg16 and others.";

  /// Whether the text names a network of the zoo. A file of that name must be written `./textbook`.
  static boolean isInZoo(String text) {
    return Zoo.names().contains(text);
  }

  /// The names of all networks: those that classify, and those of pairs.
  static List<String> names() {
    return Stream.concat(Zoo.names().stream(), Pair.networkNames().stream()).toList();
  }

  /// The network that the text names.
  ///
  /// @throws MissingInput if there is neither such a network nor such a file
  static ModelSource of(String text, Console console) {
    Optional<Model> ofPair = Pair.network(text);
    if (isInZoo(text) || ofPair.isPresent()) {
      Model model = ofPair.orElseGet(() -> Zoo.of(text).model());
      return new ModelSource(text, model, Optional.empty(), ModelInfo.NONE);
    }
    if (Pair.of(text).isPresent()) {
      throw new ParameterException(
          "model \"%s\" is a pair of networks; needed one of %s."
              .formatted(text, Pair.networkNames()));
    }
    return ofFile(text, console);
  }

  /// The network of a file, whose weights are there. A damaged file is replaced by the one before
  /// it that training kept, with a note.
  ///
  /// @throws MissingInput if there is no such file
  /// @throws UnsupportedException if the text names a network of the zoo and no file
  static ModelSource trained(String text, Console console) {
    if (isInZoo(text) && !Files.exists(Path.of(text))) {
      throw new UnsupportedException(
          "model \"%s\" is a network without weights; needed a .tarn file, which \"tarn train --model %s\" makes."
              .formatted(text, text));
    }
    return ofFile(text, console);
  }

  private static ModelSource ofFile(String text, Console console) {
    try {
      Path file = Path.of(text);
      if (!Files.exists(file) && !Files.exists(Publisher.previous(file))) {
        throw new MissingInput(
            "model \"%s\": there is no such file, and no network of that name. Networks are %s."
                .formatted(quote(text), String.join(", ", names())));
      }
      Optional<ModelFormat> foreign = ModelFormat.foreign(text);
      if (foreign.isPresent()) {
        ModelFile read = foreign.get().read(file, FormatOptions.NONE);
        return new ModelSource(text, read.model(), Optional.of(read.parameters()), read.info());
      }
      Newest<ModelFile> newest = ModelFile.loadNewest(file);
      newest
          .damage()
          .ifPresent(damage ->
              console.note(
                  "tarn: %s Using %s instead."
                      .formatted(damage.getMessage(), quote(newest.file().toString()))));
      ModelFile found = newest.value();
      return new ModelSource(text, found.model(), Optional.of(found.parameters()), found.info());
    } catch (InvalidPathException e) {
      throw new MissingInput("model \"%s\" is not a possible file name.".formatted(quote(text)), e);
    } catch (StoreException e) {
      throw new MissingInput(String.valueOf(e.getMessage()), e);
    }
  }

  /// The weights of a source made by [#trained].
  Parameters weights() {
    return parameters.orElseThrow();
  }

  /// Per-sample shape of its input.
  Shape input() {
    return model.inputs().getFirst().shape();
  }

  /// Brings the values of one example, `to[at…]`, to the range that the network was trained with.
  void normalize(float[] to, int at) {
    info.normalization().ifPresent(n -> NormalizedData.normalize(n, input(), to, at));
  }

  /// The same examples in the range that the network was trained with.
  Dataset normalized(Dataset examples) {
    return info.normalization().<Dataset>map(n -> new NormalizedData(examples, n)).orElse(examples);
  }
}
