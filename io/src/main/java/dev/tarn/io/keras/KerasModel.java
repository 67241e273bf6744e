package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.hdf5.Hdf5Group;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.io.zip.ZipMember;
import dev.tarn.io.zip.ZipReader;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A network of Keras: `.keras` files of version 3, and `.h5` files of Keras 2 and 3.
///
/// Where Keras has channels last, an input of `[height, width, channels]` is Tarn's `[channels,
/// height, width]`; a tensor in either layout may be given to it.
///
/// @param model the network
/// @param parameters its numbers
public record KerasModel(Model model, Parameters parameters) {
  private static final byte[] ZIP = {'P', 'K'};
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.weights.h5";

  /// Reads a file of either kind, which its first bytes tell.
  ///
  /// @param inputs shapes of samples as Tarn has them, for inputs whose sizes the file leaves open;
  ///   none if it leaves none
  /// @throws FormatException if anything in it does not fit
  /// @throws UnsupportedException if it has layers that Tarn has not; all are named at once
  /// @throws dev.tarn.error.UnsafeException if it holds code, or names code or other files
  /// @throws dev.tarn.error.StoreException if there is no such file
  public static KerasModel load(Path file, Shape... inputs) {
    try (Source source = FileStorage.read(file)) {
      return read(source, inputs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads a file of either kind.
  public static KerasModel read(Source source, Shape... inputs) {
    Cursor start = Cursor.of(source);
    boolean zip = start.size() > 2 && java.util.Arrays.equals(start.bytes(2, "signature"), ZIP);
    return zip ? readKeras(source, inputs) : readH5(source, inputs);
  }

  /// Writes a `.keras` file, complete or not at all.
  ///
  /// @throws UnsupportedException naming every layer that Keras has not
  /// @throws dev.tarn.error.StoreException if the file cannot be written; one that was there is
  ///   untouched
  public void saveKeras(Path file) {
    Publisher.write(file, new KerasWriter(parameters).keras());
  }

  /// Writes an `.h5` file, complete or not at all.
  ///
  /// @throws UnsupportedException naming every layer that Keras has not
  /// @throws dev.tarn.error.StoreException if the file cannot be written; one that was there is
  ///   untouched
  public void saveH5(Path file) {
    Publisher.write(file, new KerasWriter(parameters).h5());
  }

  /// A model with its parameters.
  public static KerasModel of(Parameters parameters) {
    return new KerasModel(parameters.model(), parameters);
  }

  private static KerasModel readKeras(Source source, Shape... inputs) {
    ZipReader zip = ZipReader.read(source);
    Cursor text = zip.open(member(zip, CONFIG, source));
    JsonCursor config =
        JsonCursor.parse(
            source.name() + "!" + CONFIG, text.utf8(Math.toIntExact(text.size()), CONFIG));
    Safety.require(config);
    Calls calls = Calls.read(config);
    requireKnown(config.file(), calls);
    Cursor weights = zip.open(member(zip, WEIGHTS, source));
    Hdf5Group root = Hdf5Group.read(part(source.name() + "!" + WEIGHTS, weights));
    return build(source.name(), calls, WeightFile.numbered(root), inputs);
  }

  private static ZipMember member(ZipReader zip, String name, Source source) {
    return zip.members().stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new FormatException(
                "%s: has no \"%s\"; expected one in a .keras file. It has %s."
                    .formatted(
                        quote(source.name()),
                        name,
                        quote(zip.members().stream().map(ZipMember::name).toList().toString()))));
  }

  /// A part of an archive as a file of its own.
  private static Source part(String name, Cursor bytes) {
    return new Source() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return bytes.size();
      }

      @Override
      public synchronized void read(long at, byte[] into, int from, int count) {
        bytes.seek(at, name).bytes(into, from, count, name);
      }

      @Override
      public void close() {}
    };
  }

  private static KerasModel readH5(Source source, Shape... inputs) {
    Hdf5Group root = Hdf5Group.read(source);
    if (!root.hasAttribute("model_config")) {
      throw new FormatException(
          "%s: has no attribute \"model_config\"; expected a whole network, not weights alone. Save it with model.save(…)."
              .formatted(quote(source.name())));
    }
    JsonCursor config = JsonCursor.parse(source.name(), root.text("model_config"));
    Safety.require(config);
    Calls calls = Calls.read(config);
    requireKnown(config.file(), calls);
    return build(source.name(), calls, WeightFile.named(root), inputs);
  }

  /// Names all layers that there is nothing for, before any is made.
  private static void requireKnown(String file, Calls calls) {
    List<String> unknown =
        calls.layers().stream()
            .filter(layer -> !LayerReader.knows(layer.kind()))
            .map(layer -> "%s (%s)".formatted(layer.kind(), layer.name()))
            .toList();
    if (!unknown.isEmpty()) {
      throw new UnsupportedException(
          "%s: %d layers are of classes that are not supported: %s."
              .formatted(quote(file), unknown.size(), quote(String.join(", ", unknown))));
    }
  }

  private static KerasModel build(String file, Calls calls, WeightFile weights, Shape... inputs) {
    boolean first =
        calls.layers().stream().anyMatch(l -> l.given("data_format").isPresent())
            && calls.layers().stream()
                .filter(l -> l.given("data_format").isPresent())
                .noneMatch(LayerConfig::channelsLast);
    var build = new Building(quote(file), weights);
    Layout axes = first ? Layout.NCHW : Layout.NHWC;
    var reader = new LayerReader(build, axes, List.of(inputs));
    Map<Calls.Key, Value> values = new HashMap<>();
    for (Calls.Call call : calls.calls()) {
      LayerConfig layer = call.layer();
      List<Value> from =
          call.inputs().stream()
              .map(key -> java.util.Objects.requireNonNull(values.get(key)))
              .toList();
      try {
        values.put(call.key(), reader.read(layer, from));
      } catch (FormatException | UnsupportedException e) {
        throw e;
      } catch (TarnException e) {
        throw e.at(layer.where());
      } catch (ArithmeticException e) {
        throw new FormatException(layer.where() + ": a size is too large.", e);
      }
    }
    List<Node> outputs = new ArrayList<>();
    for (Calls.Key key : calls.outputs()) {
      Value value = values.get(key);
      if (value == null) {
        throw new FormatException(
            "%s: puts out result %d of \"%s\"; there is no such call."
                .formatted(quote(file), key.number(), quote(key.layer())));
      }
      outputs.add(value.in(axes).node());
    }
    try {
      Parameters parameters = build.finish(outputs);
      return new KerasModel(parameters.model(), parameters);
    } catch (FormatException e) {
      throw e;
    } catch (TarnException e) {
      throw e.at(quote(file));
    }
  }
}
