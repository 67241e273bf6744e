package dev.tarn.docs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.insight.WindowExplanation;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.plan.Pooling;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `docs/layers/pooling.md` says is so: its snippets compile in the order they stand, and its
/// numbers are what comes out.
class PoolingPageTest {
  private static final Path PAGE = Path.of("../docs/layers/pooling.md");
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Tensor X =
      Tensor.map(new float[][] {{2, 2, 7, 3}, {9, 4, 6, 1}, {8, 5, 2, 4}, {3, 1, 2, 6}});

  private static String page() throws IOException {
    return Files.readString(PAGE);
  }

  @Test
  void snippetsCompile(@TempDir Path folder) throws IOException {
    List<String> snippets = new ArrayList<>();
    Matcher matcher = SNIPPET.matcher(page());
    while (matcher.find()) {
      snippets.add(matcher.group(1));
    }
    assertTrue(snippets.size() >= 8, "the page has snippets");
    Path source = folder.resolve("Page.java");
    Files.writeString(
        source,
        """
        import dev.tarn.insight.*;
        import dev.tarn.layer.*;
        import dev.tarn.plan.*;
        import dev.tarn.tensor.*;
        class Page {
          static void page() {
            %s
          }
        }
        """
            .formatted(String.join("\n", snippets)));
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    var complaints = new StringWriter();
    var out = new PrintWriter(complaints, true);
    String classes = System.getProperty("java.class.path");
    int exit =
        javac.run(
            out, out, "-proc:none", "-cp", classes, "-d", folder.toString(), source.toString());
    assertEquals(0, exit, complaints.toString());
  }

  @Test
  void explanationIsWhatIsPrinted() throws IOException {
    var why = WindowExplanation.of(Pool.average(2).padding(1), X, 0, 0, 0, 0);
    assertTrue(page().contains(why.toString()), why.toString());
  }

  @Test
  void tableOfDivisors() {
    Pool pool = Pool.average(3).stride(2).padding(1).rounding(Rounding.CEIL);
    Tensor x = Tensor.of(Shape.of(1, 1, 6), 1, 2, 3, 4, 5, 6);
    List<Divisor> divisors =
        List.of(Divisor.VALID, Divisor.CLIPPED_WINDOW, Divisor.KERNEL, Divisor.of(4));
    List<Float> last = new ArrayList<>();
    for (Divisor divisor : divisors) {
      last.add(Pooling.pool(pool.divisor(divisor), x).get(0, 0, 3));
    }
    assertEquals(List.of(6f, 3f, 2f, 1.5f), last);
  }

  @Test
  void tableOfSizes() {
    assertEquals(12, size(Pool.max(2), 24));
    assertEquals(27, size(Pool.max(3).stride(2), 55));
    assertEquals(56, size(Pool.max(3).stride(2).padding(1), 112));
    assertEquals(28, size(Pool.max(3).stride(1).padding(1), 28));
    assertEquals(2, size(Pool.max(2), 5));
    assertEquals(3, size(Pool.max(2).rounding(Rounding.CEIL), 5));
  }

  private static int size(Pool pool, int n) {
    return pool.outputShape(List.of(Shape.of(1, n))).spatial(0);
  }

  @Test
  void everyProfileIsInTheTable() throws IOException {
    String[] columns = {"Tarn", "PyTorch", "TensorFlow, Keras", "ONNX", "Caffe", "Deeplearning4j"};
    assertTrue(page().contains("| " + String.join(" | ", columns) + " |"));
    assertEquals(7, Profile.values().length, "a new profile needs a column");
  }

  @Test
  void indicesOfTheExample() {
    assertArrayEquals(
        new int[] {4, 2, 8, 15}, Pooling.of(Pool.max(2)).forwardWithIndices(X).indices().array());
  }
}
