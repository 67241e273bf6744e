package dev.tarn.cli;

import dev.tarn.error.ParameterException;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn convert`: brings a network from one file format to another.
@Command(
    name = "convert",
    description =
        "Convert a network with its weights between .tarn, .onnx, .keras and .h5, or its weights alone from and to .safetensors, by the endings of names.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ConvertCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(index = "0", paramLabel = "IN", description = "The file to read.")
  String in = "";

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write.")
  String out = "";

  @Option(
      names = "--shape",
      paramLabel = "NAME=N,C,H,W",
      description = "Shape of an input, batch included, whose sizes a file leaves open.")
  Map<String, String> shapes = new LinkedHashMap<>();

  @Option(
      names = "--opset",
      paramLabel = "N",
      defaultValue = "17",
      description =
          "Operator set of an ONNX file to write, 17 to 21; ${DEFAULT-VALUE} if not given.")
  int opset;

  @Mixin WeightsOptions weights = new WeightsOptions();

  @Mixin NetworkOptions network = new NetworkOptions();

  @Override
  public void run() {
    ModelFormat from = ModelFormat.of(in);
    ModelFormat to = ModelFormat.of(out);
    FormatOptions options =
        FormatOptions.NONE.onnx(options(shapes), OnnxWriter.standard().opset(opset));
    Path target = FileStorage.path(out);
    Path source = MissingInput.file("model", in);
    Publisher.preflight(FileStorage.DISK, target);
    FormatOptions writing = weights.writing(from, to, options);
    ModelFile read = from.read(source, weights.reading(from, options, tarn.console()));
    ModelFile made = ModelFile.of(network.applied(read.parameters()), read.info());
    to.write(target, made, writing);
    tarn.console()
        .line(
            "%s: %d layers, %d parameters"
                .formatted(out, made.model().nodes().size(), made.model().parameterCount()));
  }

  private static OnnxOptions options(Map<String, String> shapes) {
    var options = OnnxOptions.NONE;
    for (var shape : shapes.entrySet()) {
      options = options.shape(shape.getKey(), shape(shape.getValue()));
    }
    return options;
  }

  private static Shape shape(String text) {
    if (!text.matches("[0-9]{1,9}(,[0-9]{1,9}){0,7}")) {
      throw new ParameterException(
          "--shape \"%s\" is no list of sizes; needed numbers as in x=1,3,224,224."
              .formatted(text));
    }
    return Shape.of(Arrays.stream(text.split(",", -1)).mapToInt(Integer::parseInt).toArray());
  }
}
