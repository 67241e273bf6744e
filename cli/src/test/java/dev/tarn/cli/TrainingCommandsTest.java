package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.cli.Console.Ends;
import dev.tarn.io.image.Colours;
import dev.tarn.io.image.ImageFile;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.numpy.Npy;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Trains on a few images, since these tests are about the commands and not about learning.
class TrainingCommandsTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static String images = "";
  private static String trained = "";

  @BeforeAll
  static void trainOnce() {
    images = shared.resolve("images").toString();
    trained = shared.resolve("trained.tarn").toString();
    Session.output("data", "digits", "--out", images, "--count", "200");
    Session.output("train", "--data", images, "--epochs", "4", "--lr", "0.05", "--out", trained);
  }

  @Test
  void trainEndsWithTheTestAccuracyAndSavesAModel() {
    Path out = folder.resolve("m.tarn");
    String said =
        Session.output("train", "--data", images, "--epochs", "2", "--out", out.toString());
    List<String> lines = said.lines().toList();
    assertTrue(lines.getFirst().startsWith("textbook (4408 parameters) learns "), said);
    assertEquals(2, lines.stream().filter(l -> l.startsWith("epoch ")).count(), said);
    assertTrue(
        lines.getLast().matches("test accuracy 0\\.\\d{4} \\(\\d+ of 200\\)"), lines.getLast());
    assertTrue(said.contains("saved " + out), said);
    assertEquals(10, ModelFile.load(out).info().labels().size());
  }

  @Test
  void theSameSeedGivesTheSameWeightsOnAnyNumberOfThreads() throws IOException {
    String[] common = {"train", "--data", images, "--epochs", "1", "--seed", "7", "--out"};
    byte[][] files = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Path out = folder.resolve("threads" + i + ".tarn");
      Session.output(with(common, out.toString(), "--threads", i == 0 ? "1" : "3"));
      files[i] = Files.readAllBytes(out);
    }
    assertArrayEquals(files[0], files[1]);
  }

  @Test
  void everyOptimizerAndModelTrains() {
    for (String optimizer : List.of("sgd", "adam", "adamw", "rmsprop", "adagrad")) {
      String out = folder.resolve(optimizer + ".tarn").toString();
      String said =
          Session.output(
              "train", "--data", images, "--epochs", "1", "--optimizer", optimizer, "--out", out);
      assertTrue(said.contains("; " + optimizer + ", learning rate "), said);
    }
    for (String model : List.of("textbook2", "lenet5")) {
      String out = folder.resolve(model + ".tarn").toString();
      assertTrue(
          Session.output("train", "--data", images, "--epochs", "1", "--model", model, "--out", out)
              .contains("test accuracy"));
    }
  }

  @Test
  void pairsLearnToMakeImagesAndDrawASheet() {
    for (String pair : List.of("vae", "dcgan")) {
      Path out = folder.resolve(pair + ".tarn");
      String said =
          Session.output(
              "train",
              "--data",
              images,
              "--epochs",
              "1",
              "--model",
              pair,
              "--batch",
              "100",
              "--out",
              out.toString());
      assertTrue(said.contains(pair + " learns to make "), said);
      assertTrue(said.contains("64 images in " + folder.resolve(pair + ".png")), said);
      Tensor sheet = ImageFile.read(folder.resolve(pair + ".png"), Colours.RGB);
      assertEquals(sheet.shape().size(1), sheet.shape().size(2));
      assertEquals(Shape.of(1, 28, 28), ModelFile.load(out).model().outputs().getFirst().shape());
      String other = pair.equals("vae") ? "vae-encoder.tarn" : "dcgan-discriminator.tarn";
      assertEquals(
          Shape.of(1, 28, 28),
          ModelFile.load(folder.resolve(other)).model().inputs().getFirst().shape());
    }
  }

  @Test
  void partsOfPairsAreSummarizedByName() {
    assertTrue(Session.output("summary", "dcgan-generator").contains("[1, 28, 28]"));
    assertTrue(Session.output("explain", "vae-encoder").contains("logVariance"));
    Session.of("summary", "dcgan").failed(64, "dcgan-generator");
    Session.of("train", "--model", "vae", "--resume", "--out", trained).failed(65, "--resume");
  }

  @Test
  void trainGoesOnWithTheWeightsOfAFile() {
    String out = folder.resolve("more.tarn").toString();
    String said =
        Session.output(
            "train", "--data", images, "--epochs", "1", "--model", trained, "--out", out, "--json");
    List<String> lines = said.lines().toList();
    JsonCursor epoch = JsonCursor.parse("epoch", lines.get(1));
    assertTrue(epoch.get("accuracy").real() > 0.5, said);
    assertEquals("end", JsonCursor.parse("end", lines.getLast()).get("event").text());
    assertEquals(200, JsonCursor.parse("end", lines.getLast()).get("of").whole(0, 1000));
  }

  @Test
  void trainDrawsWhatItDid() {
    Path pictures = folder.resolve("new").resolve("pictures");
    String out = folder.resolve("m.tarn").toString();
    Session.output(
        "train", "--data", images, "--epochs", "1", "--out", out, "--out-dir", pictures.toString());
    Tensor curve = ImageFile.read(pictures.resolve("learning-curve.png"), Colours.RGB);
    Tensor maps = ImageFile.read(pictures.resolve("feature-maps.png"), Colours.RGB);
    assertTrue(curve.shape().size(2) > 500, curve.shape().toString());
    assertTrue(maps.shape().size(1) > 500, maps.shape().toString());
    assertTrue(isDrawnOn(curve) && isDrawnOn(maps));
  }

  private static boolean isDrawnOn(Tensor picture) {
    int dark = 0;
    for (float value : picture.array()) {
      dark += value < 0.5f ? 1 : 0;
    }
    return dark > 1000;
  }

  @Test
  void evaluatePrintsConfusionWorstExamplesAndAccuracy() {
    String said =
        Session.output(
            "evaluate", trained, "--data", images, "--out-dir", folder.toString(), "--worst", "2");
    assertTrue(said.contains("precision  recall"), said);
    assertEquals(2, said.lines().filter(l -> l.contains("taken for")).count(), said);
    assertTrue(
        said.lines().toList().getLast().matches("test accuracy 0\\.\\d{4} \\(\\d+ of 200\\)"));
    assertTrue(isDrawnOn(ImageFile.read(folder.resolve("worst.png"), Colours.RGB)));
    String training = Session.output("evaluate", trained, "--data", images, "--split", "training");
    assertTrue(training.lines().toList().getLast().startsWith("training accuracy "), training);
  }

  @Test
  void evaluateForMachinesAgreesWithItself() {
    JsonCursor json =
        JsonCursor.parse("out", Session.output("evaluate", trained, "--data", images, "--json"));
    long diagonal = 0;
    long all = 0;
    var rows = json.get("confusion").items();
    for (int truth = 0; truth < rows.size(); truth++) {
      var row = rows.get(truth).items();
      for (int prediction = 0; prediction < row.size(); prediction++) {
        long count = row.get(prediction).whole(0, 1000);
        all += count;
        diagonal += truth == prediction ? count : 0;
      }
    }
    assertEquals(200, all);
    assertEquals(json.get("correct").whole(0, 1000), diagonal);
  }

  @Test
  void predictNamesTheClassesOfImagesAndArrays() {
    Path one = Path.of(images, "test", "1");
    String image = list(one).getFirst().toString();
    String said = Session.output("predict", trained, image, image);
    assertEquals(2, said.lines().count());
    assertTrue(said.startsWith(image + ": 1 (0."), said);

    Tensor values = ImageFile.read(Path.of(image), Shape.of(1, 28, 28));
    String array = folder.resolve("x.npy").toString();
    Npy.write(Path.of(array), values);
    assertEquals(
        said.lines().findFirst().orElseThrow().replace(image, ""),
        Session.output("predict", trained, array).replace(array, ""));

    for (int i = 0; i < values.array().length; i++) {
      values.array()[i] = 1f - values.array()[i];
    }
    String inverted = folder.resolve("inverted.png").toString();
    ImageFile.write(Path.of(inverted), values);
    String json = Session.output("predict", trained, inverted, "--invert", "--json", "--top", "2");
    JsonCursor classes = JsonCursor.parse("out", json).get("classes");
    assertEquals(2, classes.items().size());
    assertEquals("1", classes.items().getFirst().get("label").text());
  }

  private static List<Path> list(Path of) {
    try (var files = Files.list(of)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void summaryAndExplainReadFiles() {
    assertTrue(Session.output("summary", trained).contains("4408"));
    assertTrue(Session.output("explain", trained).contains("pool1"));
  }

  @Test
  void anInterruptedRunLeavesAModelAndResumesToTheSameBits() throws IOException {
    Path whole = folder.resolve("whole.tarn");
    Path parts = folder.resolve("parts.tarn");
    String[] settings = {"--data", images, "--epochs", "6", "--batch", "8", "--seed", "3"};
    Session.output(with(with(settings, "--out", whole.toString()), 0, "train"));

    Thread runner = Thread.currentThread();
    var watcher =
        Thread.ofPlatform()
            .start(() -> {
              while (!Files.exists(parts)) {
                Thread.onSpinWait();
              }
              runner.interrupt();
            });
    Session session = Session.of(with(with(settings, "--out", parts.toString()), 0, "train"));
    join(watcher);
    boolean interrupted = Thread.interrupted();
    assertEquals(130, session.exit(), session.err());
    assertTrue(interrupted, "the interrupt must stay visible");
    assertTrue(session.err().contains("--resume"), session.err());
    assertTrue(
        Session.of("evaluate", parts.toString(), "--data", images).out().contains("test accuracy"));

    Session resumed = Session.of("train", "--resume", "--out", parts.toString());
    assertEquals(0, resumed.exit(), resumed.err());
    assertTrue(resumed.err().contains("resuming in epoch"), resumed.err());
    ModelFile one = ModelFile.load(whole);
    ModelFile other = ModelFile.load(parts);
    assertArrayEquals(one.parameters().array(), other.parameters().array());
  }

  private static void join(Thread thread) {
    boolean again = true;
    boolean interrupted = false;
    while (again) {
      try {
        thread.join();
        again = false;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static String[] with(String[] arguments, String... more) {
    return with(arguments, arguments.length, more);
  }

  private static String[] with(String[] arguments, int at, String... more) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(at, List.of(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --epochs 0 | 64 | epochs",
        "train --batch 0 | 64 | batch",
        "train --lr 0 | 64 | rate",
        "train --lr NaN | 64 | rate",
        "train --lr fast | 64 | --lr",
        "train --threads 0 | 64 | --threads 0",
        "train --memory-limit lots | 64 | not an amount of memory",
        "train --memory-limit 0.1B | 64 | at least 1 byte",
        "train --out {folder}/small.tarn --memory-limit 1kB | 65 | needed at least",
        "train --optimizer lion | 64 | none of sgd, adam",
        "train --model resnet999 | 66 | no network of that name",
        "train --data nowhere | 64 | neither a name nor a folder",
        "train --data mnist --data-dir nowhere | 66 | no such folder",
        "train --data mnist --data-dir {folder} | 66 | train-images-idx3-ubyte",
        "train --out {folder}/no/such/m.tarn | 73 | folder does not exist",
        "train --out {folder} | 73 | is a folder",
        "train --out con.tarn | 64 | Windows",
        "train --resume --out {folder}/none.tarn | 66 | no file",
        "train --resume --out {trained} | 65 | finished",
        "train --out-dir {trained} | 73 | a file has that name",
        "evaluate {trained} | 64 | --data",
        "evaluate textbook --data digits | 65 | without weights",
        "evaluate nowhere.tarn --data digits | 66 | nowhere.tarn",
        "evaluate {trained} --data digits --worst -1 | 64 | --worst -1",
        "evaluate {bad} --data digits | 65 | bad.tarn",
        "predict {trained} | 64 | IMAGE",
        "predict {trained} nowhere.png | 66 | nowhere.png",
        "predict {trained} {bad} | 65 | bad.tarn",
        "predict {trained} x.png --top 0 | 64 | --top 0",
        "data digits | 64 | --out",
        "data digits --out {images} | 73 | not empty",
        "data digits --out {folder}/d --count 0 | 64 | --count 0",
        "data nowhere --out {folder}/d | 64 | neither a name nor a folder",
      })
  void badArgumentsAreNamed(String line, int code, String part) throws IOException {
    Path bad = folder.resolve("bad.tarn");
    Files.writeString(bad, "hello");
    String[] arguments = line.split(" ");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] =
          arguments[i]
              .replace("{folder}", folder.toString())
              .replace("{trained}", trained)
              .replace("{images}", images)
              .replace("{bad}", bad.toString());
    }
    if (arguments[0].equals("train") && !line.contains("--out ")) {
      arguments = with(arguments, "--out", folder.resolve("m.tarn").toString());
    }
    if (arguments[0].equals("train") && !line.contains("--data ") && !line.contains("--resume")) {
      arguments = with(arguments, "--data", images);
    }
    Session.of(arguments).failed(code, "tarn " + arguments[0] + ": ", part);
    assertFalse(Files.exists(folder.resolve("m.tarn")));
  }

  @Test
  void lossesThatAreNotNumbersEndTrainingAndKeepTheOldModel() throws IOException {
    Path out = folder.resolve("m.tarn");
    Files.copy(Path.of(trained), out);
    byte[] before = Files.readAllBytes(out);
    ModelFile model = ModelFile.load(out);
    Arrays.fill(model.parameters().array(), 1e30f);
    String huge = folder.resolve("huge.tarn").toString();
    model.save(Path.of(huge));
    Session session =
        Session.of("train", "--data", images, "--model", huge, "--out", out.toString());
    assertEquals(65, session.exit(), session.err());
    assertEquals(1, session.err().lines().count(), session.err());
    assertArrayEquals(before, Files.readAllBytes(out));
  }

  @Test
  void terminalsGetABarAndColours() {
    String out = folder.resolve("m.tarn").toString();
    Session session =
        Session.of(Ends.TERMINAL, "train", "--data", images, "--epochs", "1", "--out", out);
    assertEquals(0, session.exit());
    assertTrue(session.err().contains("epoch 1/1 [="), session.err());
    assertTrue(session.err().endsWith("\r\u001b[K"), "the bar is wiped off");
  }

  @Test
  void localesChangeNothing() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("tr-TR"));
    try {
      String said = Session.output("evaluate", trained, "--data", images);
      assertTrue(said.lines().toList().getLast().contains("accuracy 0."), said);
      Session.output(
          "train",
          "--data",
          images,
          "--epochs",
          "1",
          "--optimizer",
          "ADAGRAD",
          "--out",
          folder.resolve("i.tarn").toString());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aModelWithOtherClassesThanTheDataIsRefused() throws IOException {
    for (String label : List.of("cat", "dog")) {
      for (int i = 0; i < 5; i++) {
        Path file = folder.resolve("animals").resolve(label).resolve(i + ".png");
        Files.createDirectories(file.getParent());
        ImageFile.write(file, Tensor.zeros(Shape.of(1, 28, 28)));
      }
    }
    String data = folder.resolve("animals").toString();
    String out = folder.resolve("m.tarn").toString();
    Session.of("train", "--data", data, "--model", trained, "--out", out)
        .failed(65, "10 outputs", "2 classes");
    assertTrue(
        Session.output("train", "--data", data, "--epochs", "1", "--out", out)
            .contains("8 examples, 2 to test with"));
  }

  @Test
  void badFilesAreRefusedOrCounted() throws IOException {
    for (int i = 0; i < 10; i++) {
      Path file = folder.resolve("some").resolve("a").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      ImageFile.write(file, Tensor.zeros(Shape.of(1, 28, 28)));
    }
    Files.writeString(folder.resolve("some").resolve("a").resolve("x.png"), "hello");
    String data = folder.resolve("some").toString();
    String out = folder.resolve("m.tarn").toString();
    Session.of("train", "--data", data, "--out", out).failed(65, "x.png");
    Session skipped =
        Session.of("train", "--data", data, "--out", out, "--epochs", "1", "--skip-bad");
    assertEquals(0, skipped.exit(), skipped.err());
    assertTrue(skipped.err().contains("left out 1 files"), skipped.err());
  }

  @Test
  void writtenDataSetsReadBack() {
    assertEquals(10, list(Path.of(images, "train")).size());
    assertEquals(20, list(Path.of(images, "test", "4")).size());
    Tensor image =
        ImageFile.read(list(Path.of(images, "test", "4")).getFirst(), Shape.of(1, 28, 28));
    float most = 0f;
    for (float value : image.array()) {
      most = Math.max(most, value);
    }
    assertTrue(most > 0.8f, "the ink is white");
  }
}
