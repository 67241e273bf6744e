package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Problem;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A model as tasks, with the buffers that callers write and read, before kernels are chosen and
/// memory is given out.
final class Outline {
  final Values values;
  final List<Task> tasks;
  final List<Problem> preparations;
  final List<Buffer> inputs;
  final List<Buffer> outputs;
  final List<Buffer> gradOutputs;
  final List<@Nullable Buffer> gradInputs;

  /// @param again layers whose outputs are not kept for the backward pass but computed again
  Outline(Model model, PlanOptions options, Set<Node> again) {
    values = new Values(model, options);
    var list = new TaskList();
    var lowering = new Lowering(values, list);
    lowering.forward();
    inputs = model.inputs().stream().map(values::value).toList();
    outputs = model.outputs().stream().map(values::value).toList();
    if (values.training()) {
      values.turn(again, lowering::again);
      var reverse = new BackwardLowering(values, list, lowering);
      GradientFlow flow = reverse.flow();
      gradOutputs = model.outputs().stream().map(flow::ofOutput).toList();
      reverse.backward();
      gradInputs = Arrays.asList(model.inputs().stream().map(flow::of).toArray(Buffer[]::new));
    } else {
      gradOutputs = List.of();
      gradInputs = List.of();
    }
    tasks = list.needed();
    preparations = list.preparations();
  }

  /// Buffers that callers read when all is done.
  List<Buffer> wanted() {
    List<Buffer> wanted = new ArrayList<>(outputs);
    gradInputs.stream().filter(Objects::nonNull).forEach(wanted::add);
    return wanted;
  }
}
