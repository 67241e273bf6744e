package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Pool;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Rows of `docs/faults.md` that no other test holds, and that the page says what is so.
class FaultRowsTest {
  private static void refused(
      Class<? extends TarnException> kind, Executable call, String... parts) {
    TarnException e = assertThrows(kind, call);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "needs \"" + part + "\": " + e.getMessage());
    }
  }

  @Test
  void convolutionsShareTheWindowsChecks() {
    int huge = Integer.MAX_VALUE;
    refused(ParameterException.class, () -> Conv.of(4, 3).stride(0), "stride is 0", "at least 1");
    refused(ParameterException.class, () -> Conv.of(4, 3).dilation(2, -1), "dilation is -1");
    refused(ParameterException.class, () -> TransposedConv.of(4, 3).stride(-2), "stride is -2");
    List<Shape> input = List.of(Shape.of(2, 8, 8));
    assertEquals(Shape.of(4, 8, 8), Conv.of(4, 1).dilation(huge).outputShape(input));
    refused(
        ShapeException.class,
        () -> Conv.of(4, 3).dilation(huge).outputShape(input),
        "input 8",
        "needed at least 4294967295");
  }

  @Test
  void convolutionsNeedOneToThreeSpatialAxes() {
    for (Shape shape : List.of(Shape.of(), Shape.of(4), Shape.of(1, 2, 3, 4, 5))) {
      refused(
          ShapeException.class,
          () -> Conv.of(4, 1).outputShape(List.of(shape)),
          shape.toString(),
          "1, 2 or 3");
    }
  }

  @Test
  void stridesBeyondTheInputHaveTheRightGradient() {
    Tensor x = Tensor.zeros(Shape.of(2, 30, 4, 4));
    Tensor gradY = Tensor.zeros(Shape.of(2, 30, 1, 1));
    for (int i = 0; i < 60; i++) {
      gradY.array()[i] = i + 1;
    }
    for (Pool pool : List.of(Pool.max(2).stride(128), Pool.average(1).stride(128))) {
      float[] gradX = Pooling.of(pool).backward(x, gradY).array();
      for (int i = 0; i < gradX.length; i++) {
        assertEquals(i % 16 == 0 ? 1 + i / 16 : 0, gradX[i], pool + " at " + i);
      }
    }
  }

  @Test
  void anEmptyBatchLeavesRunningStatisticsAlone() {
    Model model = Model.input(2, 3, 3).conv(2, 2).batchNorm().relu().build();
    Parameters parameters = Parameters.initialize(model, 1);
    float[] before = parameters.array().clone();
    Plan plan = Plan.training(model, 2);
    Frame frame = plan.frame(parameters);
    try (Workers workers = Workers.of(1)) {
      plan.forward(frame, workers, 0);
      plan.backward(frame, workers, 0);
    }
    assertArrayEquals(before, parameters.array());
    assertArrayEquals(new float[frame.gradients().length], frame.gradients());
  }

  @Test
  void overwritingTheInputAfterTheForwardPassChangesNoGradient() {
    Model model = Model.input(1, 4, 4).conv(2, 3).maxPool(2).flatten().dense(1).build();
    Parameters parameters = Parameters.initialize(model, 3);
    Plan plan = Plan.training(model, 1);
    List<float[]> gradients = new ArrayList<>();
    for (boolean overwrite : new boolean[] {false, true}) {
      Frame frame = plan.frame(parameters);
      Tensor x = Tensor.zeros(Shape.of(1, 1, 4, 4));
      for (int i = 0; i < 16; i++) {
        x.array()[i] = i % 5;
      }
      try (Workers workers = Workers.of(1)) {
        plan.input(frame, 0, x);
        plan.forward(frame, workers, 1);
        if (overwrite) {
          Arrays.fill(x.array(), Float.NaN);
        }
        plan.gradOutput(frame, 0, new float[] {1}, 0, 1);
        plan.backward(frame, workers, 1);
      }
      gradients.add(frame.gradients().clone());
    }
    assertArrayEquals(gradients.getFirst(), gradients.getLast());
    assertTrue(gradients.getFirst()[0] != 0, "there is a gradient to compare");
  }

  @Test
  void oneTensorMayBeEveryArgument() {
    Tensor x = Tensor.of(Shape.of(1, 1, 2, 2), 1, -2, 3, -4);
    Tensor gradX = Pooling.of(Pool.max(1)).backward(x, x);
    assertArrayEquals(new float[] {1, -2, 3, -4}, gradX.array());
    gradX.array()[0] = 9;
    assertArrayEquals(new float[] {1, -2, 3, -4}, x.array(), "the result is an array of its own");
  }

  @Test
  void bytesAreCountedExactlyBeyond64Bits() {
    Shape shape = Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE);
    refused(
        LimitException.class,
        shape::arraySize,
        "4611686014132420609 elements",
        "18446744056529682436 bytes");
  }

  @Test
  void whatTheHeapCannotHoldIsALimit() {
    long heap = Runtime.getRuntime().maxMemory();
    assumeTrue(heap < 3_500_000_000L, "the heap may hold what is asked for");
    refused(
        LimitException.class,
        () -> Tensor.zeros(Shape.of(Shape.MOST_ELEMENTS)),
        "tensor [2147483639] needs 8589934556 bytes",
        "at most " + heap,
        "-Xmx");
    Model wide = Model.input(2_000_000_000).dense(1).build();
    refused(
        LimitException.class,
        () -> Parameters.zeros(wide),
        "model: the array of its parameters needs 8000000064 bytes");
    Model large = Model.input(1, 32_000, 32_000).relu().build();
    Plan plan = Plan.inference(large, 1);
    Parameters none = Parameters.zeros(large);
    refused(LimitException.class, () -> plan.frame(none), "plan: a frame needs", "smaller batch");
  }

  @Test
  void workingMemoryBeyondOneArrayIsALimit() {
    Kernel greedy =
        new Kernel() {
          @Override
          public String name() {
            return "greedy";
          }

          @Override
          public int blocks(int batch) {
            throw new AssertionError("it must not run");
          }

          @Override
          public void run(Frame frame, int block) {
            throw new AssertionError("it must not run");
          }

          @Override
          public List<Buffer> scratch() {
            return List.of(Buffer.scratch(Space.ARENA, "scratch", Integer.MAX_VALUE));
          }
        };
    Engine engine =
        new Engine() {
          @Override
          public String name() {
            return "greedy";
          }

          @Override
          public Choice choose(Problem problem) {
            return Choice.of(greedy);
          }

          @Override
          public Kernel peak() {
            return greedy;
          }
        };
    Tensor x = Tensor.zeros(Shape.of(1, 1, 2, 2));
    refused(
        LimitException.class,
        () -> Pooling.of(Pool.average(2)).engine(engine).forward(x),
        "take 2147483651 values",
        "smaller batch");
  }

  @Test
  void constantsOfLayersOutOfRange() {
    for (double rate : new double[] {1, 1.5, -0.1, Double.NaN}) {
      refused(
          ParameterException.class,
          () -> new Dropout(rate),
          "dropout: rate is " + rate,
          "at least 0 and below 1");
    }
    for (double epsilon : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      refused(
          ParameterException.class,
          () -> new BatchNorm(epsilon, 0.1),
          "epsilon is " + epsilon,
          "above 0");
    }
    for (double momentum : new double[] {-0.1, 1.1, Double.NaN}) {
      refused(
          ParameterException.class,
          () -> new BatchNorm(1e-5, momentum),
          "momentum is " + momentum,
          "0 to 1");
    }
    refused(ParameterException.class, () -> new LocalResponseNorm(0), "size is 0", "at least 1");
    refused(
        ParameterException.class, () -> new LocalResponseNorm(5, 1e-4, 0.75, 0), "k 0.0", "k > 0");
    refused(
        ParameterException.class,
        () -> Activation.leakyRelu(Double.NaN),
        "slope is NaN",
        "finite number");
  }

  private static final Pattern ROW = Pattern.compile("^\\| ([PNCIOKHYTM]\\d+) \\|.*\\|$");
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|Contract))\\.(\\w+)`");

  @Test
  void thePageNamesEveryRowAndTestsThatExist() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : List.of("core", "io", "zoo", "cli")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          String name = file.getFileName().toString();
          sources.merge(
              name.substring(0, name.length() - 5), Files.readString(file), String::concat);
        }
      }
    }
    List<String> rows = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("../docs/faults.md"))) {
      Matcher row = ROW.matcher(line);
      if (!row.matches()) {
        continue;
      }
      rows.add(row.group(1));
      Matcher named = NAMED.matcher(line);
      int tests = 0;
      for (; named.find(); tests++) {
        String source = sources.getOrDefault(named.group(1), "");
        if (!Pattern.compile("\\bvoid " + named.group(2) + "\\(").matcher(source).find()) {
          wrong.add(row.group(1) + " names " + named.group());
        }
      }
      if (tests == 0 && !line.contains("not applicable: ")) {
        wrong.add(row.group(1) + " has no test");
      }
    }
    assertEquals(List.of(), wrong);
    List<String> wanted = new ArrayList<>();
    Map<String, Integer> last =
        Map.of("P", 29, "N", 15, "C", 11, "I", 2, "O", 14, "K", 7, "H", 7, "Y", 5, "T", 6, "M", 5);
    for (String area : List.of("P", "N", "C", "I", "O", "K", "H", "Y", "T", "M")) {
      for (int number = 1; number <= last.get(area); number++) {
        wanted.add(area + number);
      }
    }
    assertEquals(wanted, rows);
  }
}
