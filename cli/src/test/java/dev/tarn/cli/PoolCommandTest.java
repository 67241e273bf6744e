package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.image.Colours;
import dev.tarn.io.image.ImageFile;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.numpy.Npy;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolCommandTest {
  private static final String TEXTBOOK = "[[2,2,7,3],[9,4,6,1],[8,5,2,4],[3,1,2,6]]";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--kind max --kernel 2 --stride 2 | [[9,7],[8,6]]",
        "--kind average --kernel 2 --stride 2 | [[4.25,4.25],[4.25,3.5]]",
        "--kind lp --p 2 --kernel 2 --stride 2 | [[10.2470,9.7468],[9.9499,7.7460]]",
        "--kind lp | [[10.2470,9.7468],[9.9499,7.7460]]",
        "--kind min | [[2,1],[1,2]]",
        "--kind sum | [[17,17],[17,14]]",
        "--kind max --global | [[9]]",
        "--kind average --global | [[4.0625]]",
        "--kind lp --p Infinity | [[9,7],[8,6]]",
        "--kind max --kernel 3 --stride 1 | [[9,7],[9,6]]",
        "--kind max --kernel 2x4 | [[9],[8]]",
        "--kind max --kernel 2 --dilation 2 --stride 1 | [[8,5],[9,6]]",
        "--kind max --kernel 3 --stride 2 --rounding ceil | [[9,7],[8,6]]",
        "--kind average --kernel 3 --stride 3 --padding 1 | [[4.25,4.25],[4.25,3.5]]",
        "--kind average --kernel 3 --stride 3 --padding 1 --profile pytorch | [[1.8889,1.8889],[1.8889,1.5556]]",
        "--kind average --kernel 3 --stride 3 --padding 1 --divisor 2 | [[8.5,8.5],[8.5,7]]",
        "--kind max --kernel 3 --stride 2 --padding same | [[9,7],[8,6]]",
        "--kind sum --kernel 2 --padding 0:1 --stride 3 | [[17,4],[4,6]]",
        "--kind average --adaptive 1x2 | [[4.25,3.875]]",
      })
  void answersTheTextbooksInput(String options, String answer) {
    assertEquals(
        answer,
        Session.output(("pool|" + TEXTBOOK + "|" + options.replace(' ', '|')).split("\\|")));
  }

  @Test
  void gradientOfMaxIsZeroExceptAtSelectedPlaces() {
    String out = Session.output("pool", TEXTBOOK, "--kind", "max", "--gradient");
    assertEquals("[[0,0,1,0],[1,0,0,0],[1,0,0,0],[0,0,0,1]]", out.lines().toList().getLast());
    assertEquals("[[9,7],[8,6]]", out.lines().toList().getFirst());
  }

  @Test
  void tiesSplitTheGradientIfAsked() {
    String out =
        Session.output("pool", "[[5,5],[5,1]]", "--kind", "max", "--gradient", "--ties", "split");
    assertEquals("[[0.3333,0.3333],[0.3333,0]]", out.lines().toList().getLast());
  }

  @Test
  void nanPropagatesUnlessIgnored() {
    assertEquals("[[NaN]]", Session.output("pool", "[[1,nan],[3,2]]", "--kind", "max"));
    assertEquals(
        "[[3]]", Session.output("pool", "[[1,NaN],[3,2]]", "--kind", "max", "--nan", "ignore"));
  }

  @Test
  void poolsOneAxisTwoAxesAndThree() {
    assertEquals("[2,4]", Session.output("pool", "[1,2,3,4]", "--kind", "max"));
    assertEquals(
        "[[[4]],[[8]]]", Session.output("pool", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "--kind", "max"));
    assertEquals(
        "[[[8]]]",
        Session.output("pool", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "--kind", "max", "--axes", "3"));
    assertEquals(
        "[[[8]]]",
        Session.output(
            "pool", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "--kind", "max", "--kernel", "2x2x2"));
    assertEquals(
        "[[2],[4]]", Session.output("pool", "[[1,2],[3,4]]", "--kind", "max", "--axes", "1"));
  }

  @Test
  void jsonHasShapeOutputAndGradient() {
    assertEquals(
        "{\"shape\":[1,1],\"output\":[[2.5]],\"gradient\":[[0.25,0.25],[0.25,0.25]]}",
        Session.output("pool", "[[1,2],[3,4]]", "--kind", "average", "--gradient", "--json"));
  }

  @Test
  void explanationsNameCellsSelectionAndFrameworks() {
    String out = Session.output("pool", TEXTBOOK, "--kind", "max", "--explain");
    assertEquals("[[9,7],[8,6]]", out.lines().toList().getFirst());
    assertEquals(4, out.lines().filter(l -> l.contains("selected")).count(), out);
    String padded =
        Session.output(
            "pool", "[1,2,3]", "--kind", "average", "--kernel", "2", "--padding", "1", "--explain");
    assertTrue(padded.contains("PYTORCH gives 0.5"), padded);
    JsonCursor json =
        JsonCursor.parse(
            "stdout",
            Session.output("pool", "[[1,2],[3,4]]", "--kind", "max", "--explain", "--json"));
    JsonCursor window = json.get("explanations").items().getFirst();
    assertEquals(3, window.get("selected").integer());
    assertEquals(4, window.get("cells").items().size());
    String many = Session.output("pool", hundred(), "--kind", "max", "--kernel", "1", "--explain");
    assertTrue(many.endsWith("36 more outputs are not explained; take a smaller input."), many);
  }

  private static String hundred() {
    return IntStream.range(0, 100)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void arraysGoInAndOut() {
    Path in = folder.resolve("in.npy");
    Path out = folder.resolve("out.npy");
    Npy.write(in, Tensor.of(Shape.of(1, 2, 2, 2), 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f));
    Session.output("pool", in.toString(), "--kind", "max", "--out", out.toString());
    Tensor pooled = Npy.read(out);
    assertEquals(Shape.of(1, 2, 1, 1), pooled.shape());
    assertArrayEquals(new float[] {4f, 8f}, pooled.array());
  }

  @Test
  void imagesGoInAndOut() {
    Path in = folder.resolve("in.png");
    Path out = folder.resolve("ünser Bild.png");
    float[] values = new float[3 * 4 * 4];
    values[5] = 1f;
    ImageFile.write(in, Tensor.of(Shape.of(3, 4, 4), values));
    String said = Session.output("pool", in.toString(), "--kind", "max", "--out", out.toString());
    assertTrue(said.startsWith("3×4×4 → 3×2×2 in "), said);
    Tensor pooled = ImageFile.read(out, Colours.RGB);
    assertEquals(Shape.of(3, 2, 2), pooled.shape());
    assertEquals(1f, pooled.array()[0]);
    assertEquals(0f, pooled.array()[4]);
  }

  @Test
  void bigOutputsAreDescribedInsteadOfPrinted() {
    Path in = folder.resolve("big.npy");
    Npy.write(in, Tensor.zeros(Shape.of(200, 200)));
    String said = Session.output("pool", in.toString(), "--kind", "max");
    assertTrue(said.startsWith("200×200 → 100×100, values from 0 to 0"), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--kind max --kernel 0 | 64 | kernel is 0",
        "--kind max --stride -1 | 64 | stride is -1",
        "--kind max --dilation 0 | 64 | dilation is 0",
        "--kind max --padding -1 | 64 | padding is -1 on spatial axis 0; needed at least 0",
        "--kind max --padding 1:2:3 | 64 | not a size",
        "--kind max --kernel 5 | 65 | smaller than the window",
        "--kind max --kernel 2x2x2x2 | 64 | needed 1, 2 or 3",
        "--kind max --kernel 2x2x2 | 65 | needed at least 3",
        "--kind max --kernel 99999999999 | 64 | beyond 2147483647",
        "--kind max --kernel zwei | 64 | not a size",
        "--kind max --p 2 | 64 | only lp has a power",
        "--kind lp --p 0 | 64 | p is 0",
        "--kind lp --p NaN | 64 | p is NaN",
        "--kind average --divisor 0 | 64 | divisor is 0",
        "--kind average --divisor x | 64 | none of valid",
        "--kind max --divisor 3 | 64 | only averages have one",
        "--kind average --nan ignore | 64 | only max and min",
        "--kind median | 64 | none of max, average, lp, sum, min",
        "--kind max --global --kernel 2 | 64 | global regions have no window",
        "--kind max --global --adaptive 2 | 64 | only one",
        "--kind max --adaptive 0 | 64 | adaptive output size is 0",
        "--kind max --rounding exact --kernel 3 | 65 | EXACT",
        "--kind max --rounding up | 64 | floor, ceil, ceil-caffe, exact",
        "--kind max --profile mxnet | 64 | pytorch",
        "--kind max --axes 4 | 64 | needed 1, 2 or 3",
        "--kind max --out x.txt | 64 | neither .png nor .npy",
        "--kind max --out /nowhere/at/all/x.png | 73 | /nowhere/at/all",
        "--kernel 2 | 64 | --kind",
      })
  void badOptionsAreNamed(String options, int code, String part) {
    Session.of(("pool|" + TEXTBOOK + "|" + options.replace(' ', '|')).split("\\|"))
        .failed(code, "tarn pool: ", part);
  }

  @Test
  void missingFilesAreNamed() {
    Session.of("pool", "nowhere.npy", "--kind", "max").failed(66, "nowhere.npy", "no such file");
    Session.of("pool", folder.toString(), "--kind", "max").failed(66, "is a folder");
  }

  @Test
  void malformedFilesAreNamed() throws Exception {
    Path file = folder.resolve("bad.png");
    Files.writeString(file, "hello");
    Session.of("pool", file.toString(), "--kind", "max").failed(65, "bad.png");
    Path array = folder.resolve("bad.npy");
    Files.writeString(array, "hello");
    Session.of("pool", array.toString(), "--kind", "max").failed(65, "bad.npy");
  }

  @Test
  void aFailedRunLeavesTheOldOutput() throws Exception {
    Path out = folder.resolve("out.npy");
    Files.writeString(out, "precious");
    Session.of("pool", "[[1,2]]", "--kind", "max", "--kernel", "9", "--out", out.toString())
        .failed(65);
    assertEquals("precious", Files.readString(out));
    try (var files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tr-TR", "de-DE", "fr-FR"})
  void localesChangeNothing(String tag) {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag(tag));
    try {
      assertEquals(
          "[[10.2470,9.7468],[9.9499,7.7460]]", Session.output("pool", TEXTBOOK, "--kind", "LP"));
      assertEquals("[[2,1],[1,2]]", Session.output("pool", TEXTBOOK, "--kind", "MIN"));
      assertFalse(
          Session.output("pool", TEXTBOOK, "--kind", "min", "--profile", "TENSORFLOW").isEmpty());
      Session.of("pool", "[[1,2]]", "--kind", "max", "--kernel", "4")
          .failed(65, "needed at least 4");
    } finally {
      Locale.setDefault(before);
    }
  }
}
