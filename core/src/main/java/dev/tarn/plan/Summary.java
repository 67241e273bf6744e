package dev.tarn.plan;

import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.stream.Collectors;

/// What a model consists of and what it costs: shapes, parameters, FLOPs, and the memory of its
/// plans.
///
/// @param rows one per layer
/// @param batch samples the memory is for
/// @param parameters numbers that are learned
/// @param flops multiplications and additions of one forward pass over one sample, counted
///   separately
/// @param activationBytes all outputs of one sample, each kept: the textbooks' figure
/// @param inferenceBytes what a prediction of `batch` samples needs besides the parameters
/// @param trainingBytes what a training step of `batch` samples needs besides parameters, gradients
///   and optimizer state
public record Summary(
    List<Row> rows,
    int batch,
    long parameters,
    long flops,
    long activationBytes,
    long inferenceBytes,
    long trainingBytes) {
  public Summary {
    rows = List.copyOf(rows);
  }

  /// One layer.
  ///
  /// @param name of the node
  /// @param layer its configuration
  /// @param inputs names of the nodes it reads
  /// @param output per-sample shape
  /// @param parameters numbers it learns
  /// @param flops of one sample
  public record Row(
      String name, String layer, List<String> inputs, Shape output, long parameters, long flops) {
    public Row {
      inputs = List.copyOf(inputs);
    }
  }

  /// The summary for single samples.
  public static Summary of(Model model) {
    return of(model, 1);
  }

  /// The summary with the memory of `batch` samples.
  public static Summary of(Model model, int batch) {
    List<Row> rows = model.nodes().stream().map(n -> row(model, n)).toList();
    return new Summary(
        rows,
        batch,
        model.parameterCount(),
        rows.stream().mapToLong(Row::flops).sum(),
        rows.stream().mapToLong(r -> 4 * r.output().elements()).sum(),
        Plan.inference(model, batch).memory(),
        Plan.training(model, batch).memory());
  }

  private static Row row(Model model, Node node) {
    long parameters =
        model.parameters(node).stream().filter(Parameter::learned).mapToLong(Parameter::size).sum();
    return new Row(
        node.name(),
        node.layer().toString(),
        node.inputs().stream().map(Node::name).toList(),
        node.shape(),
        parameters,
        node.layer().flops(node.inputShapes(), node.shape()));
  }

  /// A table with one line per layer, and the totals below.
  @Override
  public String toString() {
    int name = width(rows.stream().map(Row::name).toList(), "layer");
    int what = width(rows.stream().map(Row::layer).toList(), "");
    int shape = width(rows.stream().map(r -> r.output().toString()).toList(), "output");
    String format =
        "%%-%ds  %%-%ds  %%-%ds  %%12s  %%10s".formatted(name, Math.max(1, what), shape);
    String table =
        rows.stream()
            .map(r ->
                format.formatted(
                    r.name(),
                    r.layer(),
                    r.output(),
                    r.parameters() == 0 ? "" : r.parameters(),
                    r.flops() == 0 ? "" : Explanation.count(r.flops()).strip()))
            .map(String::stripTrailing)
            .collect(Collectors.joining("\n"));
    return """
    %s
    %s
    parameters   %d (%s)
    arithmetic   %sFLOP a sample, forward
    activations  %s a sample, every layer's output kept
    memory       %s to predict, %s to train, with batch %d, parameters not included
    """
        .formatted(
            format.formatted("layer", "", "output", "parameters", "FLOP"),
            table,
            parameters,
            Explanation.bytes(4 * parameters),
            Explanation.count(flops),
            Explanation.bytes(activationBytes),
            Explanation.bytes(inferenceBytes),
            Explanation.bytes(trainingBytes),
            batch);
  }

  private static int width(List<String> texts, String title) {
    return Math.max(title.length(), texts.stream().mapToInt(String::length).max().orElse(0));
  }
}
