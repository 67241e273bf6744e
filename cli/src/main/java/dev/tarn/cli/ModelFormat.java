package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.onnx.OnnxModel;
import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.model.Parameters;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// The files that hold networks, by the ending of their names.
enum ModelFormat {
  TARN(".tarn") {
    @Override
    ModelFile read(Path file, OnnxOptions options) {
      return ModelFile.load(file);
    }

    @Override
    void write(Path file, ModelFile model, OnnxWriter writer) {
      model.save(file);
    }
  },
  ONNX(".onnx") {
    @Override
    ModelFile read(Path file, OnnxOptions options) {
      Parameters parameters = OnnxModel.load(file, options).parameters();
      return ModelFile.of(parameters, ModelInfo.NONE);
    }

    @Override
    void write(Path file, ModelFile model, OnnxWriter writer) {
      writer.write(file, model.parameters());
    }
  };

  private final String ending;

  ModelFormat(String ending) {
    this.ending = ending;
  }

  /// Reads a file of this format.
  abstract ModelFile read(Path file, OnnxOptions options);

  /// Writes a file of this format, complete or not at all.
  abstract void write(Path file, ModelFile model, OnnxWriter writer);

  /// Whether a name has the ending of this format.
  boolean fits(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(ending);
  }

  /// The format of a file of this name.
  ///
  /// @throws ParameterException if no format has its ending
  static ModelFormat of(String name) {
    return Arrays.stream(values())
        .filter(format -> format.fits(name))
        .findFirst()
        .orElseThrow(() ->
            new ParameterException(
                "file \"%s\" has no known ending; needed one of %s."
                    .formatted(
                        quote(name),
                        Arrays.stream(values())
                            .map(format -> format.ending)
                            .collect(Collectors.joining(", ")))));
  }
}
