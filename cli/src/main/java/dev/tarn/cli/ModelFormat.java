package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.io.keras.KerasModel;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.model.Weights;
import dev.tarn.io.onnx.OnnxModel;
import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.model.Model;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The files that hold networks, by the ending of their names.
enum ModelFormat {
  TARN(".tarn") {
    @Override
    ModelFile read(Path file, FormatOptions options) {
      return ModelFile.load(file);
    }

    @Override
    void write(Path file, ModelFile model, FormatOptions options) {
      model.save(file);
    }
  },
  ONNX(".onnx") {
    @Override
    ModelFile read(Path file, FormatOptions options) {
      Parameters parameters = OnnxModel.load(file, options.onnx()).parameters();
      return ModelFile.of(parameters, ModelInfo.NONE);
    }

    @Override
    void write(Path file, ModelFile model, FormatOptions options) {
      options.writer().write(file, model.parameters());
    }
  },
  KERAS(".keras") {
    @Override
    ModelFile read(Path file, FormatOptions options) {
      return ofKeras(file, options.onnx());
    }

    @Override
    void write(Path file, ModelFile model, FormatOptions options) {
      KerasModel.of(model.parameters()).saveKeras(file);
    }
  },
  H5(".h5") {
    @Override
    ModelFile read(Path file, FormatOptions options) {
      return ofKeras(file, options.onnx());
    }

    @Override
    void write(Path file, ModelFile model, FormatOptions options) {
      KerasModel.of(model.parameters()).saveH5(file);
    }
  },
  /// Weights alone, so their network must be told.
  SAFETENSORS(".safetensors") {
    @Override
    ModelFile read(Path file, FormatOptions options) {
      Model model =
          options
              .model()
              .orElseThrow(() ->
                  new ParameterException(
                      "file \"%s\" holds weights alone; needed --model, the network they belong to."
                          .formatted(quote(file.toString()))));
      Map<String, String> modules = options.modules();
      boolean ours =
          modules.isEmpty()
              || Weights.names(file)
                  .containsAll(model.parameters().stream().map(Parameter::name).toList());
      Parameters parameters = ours ? Weights.load(file, model) : Weights.load(file, model, modules);
      return ModelFile.of(parameters, ModelInfo.NONE);
    }

    @Override
    void write(Path file, ModelFile model, FormatOptions options) {
      if (options.modules().isEmpty()) {
        Weights.save(file, model.parameters());
      } else {
        Weights.save(file, model.parameters(), options.modules());
      }
    }
  };

  private final String ending;

  ModelFormat(String ending) {
    this.ending = ending;
  }

  /// A network of Keras has its sizes; where it leaves them open, one shape may be told.
  private static ModelFile ofKeras(Path file, OnnxOptions options) {
    if (options.shapes().size() > 1) {
      throw new ParameterException(
          "--shape is there %d times; needed once for a network of Keras."
              .formatted(options.shapes().size()));
    }
    Shape[] inputs = options.shapes().values().stream().map(Shape::sample).toArray(Shape[]::new);
    return ModelFile.of(KerasModel.load(file, inputs).parameters(), ModelInfo.NONE);
  }

  /// Reads a file of this format.
  abstract ModelFile read(Path file, FormatOptions options);

  /// Writes a file of this format, complete or not at all.
  abstract void write(Path file, ModelFile model, FormatOptions options);

  /// Whether a name has the ending of this format.
  boolean fits(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(ending);
  }

  /// The foreign format of whole networks that a name has the ending of, if any.
  static Optional<ModelFormat> foreign(String name) {
    return Arrays.stream(values())
        .filter(format -> format != TARN && format != SAFETENSORS && format.fits(name))
        .findFirst();
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
