package dev.tarn.cli;

import dev.tarn.io.image.ImageFile;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// What the launcher runs once after a build, while the JVM records the classes that are loaded and
/// how methods are used (JEP 483, JEP 515): the commands people begin with, on small things.
///
/// Later runs find classes linked and methods profiled, and start and warm up faster.
final class Rehearsal {
  private Rehearsal() {}

  /// @param args the folder for what the commands write
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    Path folder = Path.of(args[0]);
    String image = folder.resolve("image.png").toString();
    String model = folder.resolve("model.tarn").toString();
    Shape digit = Shape.of(1, 28, 28);
    ImageFile.write(Path.of(image), Tensor.zeros(digit));
    List<List<String>> commands =
        List.of(
            List.of("pool", "[[2,2,7,3],[9,4,6,1],[8,5,2,4],[3,1,2,6]]", "--kind", "max"),
            List.of("train", "--model", "textbook2", "--epochs", "1", "--out", model),
            List.of("predict", model, image));
    for (List<String> command : commands) {
      var silent = OutputStream.nullOutputStream();
      var console = new Console(silent, Console.Ends.ELSEWHERE, silent, Console.Ends.ELSEWHERE);
      int code = Tarn.run(console, command.toArray(String[]::new));
      if (code != Exit.OK.code()) {
        throw new IllegalStateException("%s ended with %d".formatted(command, code));
      }
    }
  }
}
