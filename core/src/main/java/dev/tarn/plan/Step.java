package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Kernel;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// One entry of a plan: a kernel, the layers it works for, and the buffers it touches.
///
/// @param nodes the layers in the order of the work: one, or more where steps were fused
/// @param pass forward or backward
/// @param choice the kernel, and why faster ones refused
/// @param buffers all that it reads or writes, its scratch included
/// @param flops multiplications and additions for one sample
public record Step(List<Node> nodes, Pass pass, Choice choice, List<Buffer> buffers, long flops) {
  /// Which way values flow.
  public enum Pass {
    FORWARD,
    BACKWARD,
    /// Forward work that is done again during the backward pass, instead of keeping its result.
    RECOMPUTE
  }

  public Step {
    nodes = List.copyOf(nodes);
    List<Buffer> all = new ArrayList<>(buffers);
    addScratch(choice.kernel(), all);
    buffers = List.copyOf(all);
  }

  private static void addScratch(Kernel kernel, List<Buffer> to) {
    to.addAll(kernel.scratch());
    kernel.after().forEach(k -> addScratch(k, to));
  }

  /// The kernels that prepare this step's constants.
  List<Kernel> once() {
    List<Kernel> all = new ArrayList<>();
    addOnce(choice.kernel(), all);
    return all;
  }

  private static void addOnce(Kernel kernel, List<Kernel> to) {
    to.addAll(kernel.once());
    kernel.after().forEach(k -> addOnce(k, to));
  }

  /// The layer whose values the step leaves.
  public Node node() {
    return nodes.getLast();
  }

  /// Names of all layers it works for: `conv1+relu1`.
  public String layers() {
    return nodes.stream().map(Node::name).collect(Collectors.joining("+"));
  }

  public Kernel kernel() {
    return choice.kernel();
  }
}
