package dev.tarn.cli;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.insight.WindowExplanation;
import dev.tarn.io.json.Json;
import dev.tarn.layer.Pool;
import dev.tarn.plan.Pooling;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn pool`: one pooling layer on numbers that were typed, an array, or an image.
@Command(
    name = "pool",
    description = {
      "Pool numbers, an array or an image, with any reduction over any regions.",
      "",
      "  tarn pool '[[2,2,7,3],[9,4,6,1],[8,5,2,4],[3,1,2,6]]' --kind max",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PoolCommand implements Runnable {
  /// Beyond this many values a person does not want to see them.
  private static final int MOST_PRINTED = 4096;

  private static final int MOST_EXPLAINED = 64;

  @ParentCommand Tarn tarn;

  @Parameters(
      paramLabel = "INPUT",
      description = "Nested lists such as '[[2,2],[9,4]]', an .npy file, or an image.")
  String text = "";

  @Mixin PoolOptions options = new PoolOptions();

  @Option(
      names = "--axes",
      paramLabel = "N",
      description =
          "How many of the last axes are pooled, 1 to 3; the others are maps side by side. As many as --kernel has"
              + " numbers if not given, at most 2 otherwise.")
  @Nullable Integer axes;

  @Option(
      names = "--gradient",
      description = "Print the gradient of the sum of all outputs by the input too.")
  boolean gradient;

  @Option(
      names = "--explain",
      description =
          "Explain every output: the cells of its window, what was selected, where the gradient goes, and which"
              + " frameworks would give another number.")
  boolean explain;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the output to a .png or .npy file.")
  @Nullable String out;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Override
  public void run() {
    Pool pool = options.pool();
    String name = out;
    Path file = name == null ? null : TensorFile.toWrite(name);
    Tensor given = text.strip().startsWith("[") ? NestedList.parse(text) : TensorFile.read(text);
    Shape shape = given.shape();
    int spatial = spatial(shape);
    Tensor input = given.reshape(maps(shape, spatial));
    Pooling pooling = Pooling.of(pool);
    Tensor pooled = pooling.forward(input);
    Tensor output = pooled.reshape(like(shape, spatial, pooled.shape()));
    Tensor back = gradient ? pooling.backward(input, ones(pooled.shape())).reshape(shape) : null;
    if (file != null) {
      TensorFile.write(file, output);
    }
    List<WindowExplanation> explanations =
        explain ? explanations(pool, input, pooled.shape()) : List.of();
    if (json) {
      tarn.console().json(json(output, back, explanations));
    } else {
      print(shape, output, file);
      if (back != null) {
        tarn.console().line("gradient of the sum of all outputs by the input:");
        tarn.console()
            .line(back.array().length <= MOST_PRINTED ? NestedList.format(back) : describe(back));
      }
      if (explain) {
        print(explanations, pooled.shape());
      }
    }
  }

  /// One explanation per output, the first [#MOST_EXPLAINED] of them.
  private static List<WindowExplanation> explanations(Pool pool, Tensor input, Shape pooled) {
    List<WindowExplanation> explanations = new ArrayList<>();
    int[] index = new int[pooled.rank()];
    for (long number = 0; number < Math.min(MOST_EXPLAINED, pooled.elements()); number++) {
      long rest = number;
      for (int axis = index.length - 1; axis >= 0; axis--) {
        index[axis] = (int) (rest % pooled.size(axis));
        rest /= pooled.size(axis);
      }
      explanations.add(WindowExplanation.of(pool, input, index));
    }
    return explanations;
  }

  private void print(List<WindowExplanation> explanations, Shape pooled) {
    for (WindowExplanation explanation : explanations) {
      tarn.console().line("");
      tarn.console().line(explanation.toString().stripTrailing());
    }
    if (pooled.elements() > explanations.size()) {
      tarn.console().line("");
      tarn.console()
          .line(
              "%d more outputs are not explained; take a smaller input."
                  .formatted(pooled.elements() - explanations.size()));
    }
  }

  private static Tensor ones(Shape shape) {
    Tensor ones = Tensor.zeros(shape);
    Arrays.fill(ones.array(), 1f);
    return ones;
  }

  private void print(Shape from, Tensor output, @Nullable Path file) {
    if (file != null) {
      tarn.console().line("%s → %s in %s".formatted(from.times(), output.shape().times(), file));
    } else if (output.array().length <= MOST_PRINTED) {
      tarn.console().line(NestedList.format(output));
    } else {
      tarn.console().line("%s → %s".formatted(from.times(), describe(output)));
    }
  }

  private static String describe(Tensor tensor) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : tensor.array()) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return "%s, values from %s to %s; more than %d, so not printed: use --out FILE.npy or FILE.png, or --json"
        .formatted(
            tensor.shape().times(),
            NestedList.number(least),
            NestedList.number(most),
            MOST_PRINTED);
  }

  private int spatial(Shape shape) {
    int wanted =
        axes != null ? axes : options.axes() > 0 ? options.axes() : Math.min(shape.rank(), 2);
    if (wanted < 1 || wanted > 3) {
      throw new ParameterException("--axes %d; needed 1, 2 or 3.".formatted(wanted));
    }
    if (shape.rank() < wanted) {
      throw new ShapeException(
          "input: has %d axes %s; needed at least %d to pool over %d. Nest it deeper, or choose --axes."
              .formatted(shape.rank(), shape, wanted, wanted));
    }
    return wanted;
  }

  /// One sample whose channels are all the maps: pooling treats each map by itself.
  private static Shape maps(Shape shape, int spatial) {
    int[] sizes = shape.toArray();
    int leading = sizes.length - spatial;
    Shape channels = Shape.of(Arrays.copyOf(sizes, leading));
    return Shape.of(
        IntStream.concat(IntStream.of(1, channels.arraySize()), Arrays.stream(sizes).skip(leading))
            .toArray());
  }

  private static Shape like(Shape shape, int spatial, Shape pooled) {
    int[] sizes = shape.toArray();
    for (int axis = 0; axis < spatial; axis++) {
      sizes[sizes.length - spatial + axis] = pooled.size(2 + axis);
    }
    return Shape.of(sizes);
  }

  private static Json json(
      Tensor output, @Nullable Tensor gradient, List<WindowExplanation> explanations) {
    Json.Members object =
        Json.members()
            .with("shape", Json.wholes(IntStream.of(output.shape().toArray()).boxed().toList()))
            .with("output", NestedList.json(output));
    if (gradient != null) {
      object = object.with("gradient", NestedList.json(gradient));
    }
    return explanations.isEmpty()
        ? object
        : object.with(
            "explanations", new Json.Items(explanations.stream().map(WindowJson::of).toList()));
  }
}
