package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A plan that is built allocates nothing more.
///
/// On the reference engine: the Vector API's vectors are objects until the JIT has compiled a
/// kernel.
class GarbageTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// A custom layer gets its values as tensors, which are made for it; `StrictMath`'s sine, cosine
  /// and power use small arrays until the JIT has compiled them.
  private static final Set<String> ALLOCATING =
      Set.of("custom_layer", "every_curve", "every_operator");

  static Stream<String> models() {
    return SampleModels.all().keySet().stream().filter(name -> !ALLOCATING.contains(name));
  }

  @ParameterizedTest
  @MethodSource("models")
  void predictionsAllocateNothing(String name) {
    Model model = SampleModels.all().get(name);
    Plan plan = Plan.of(model, PlanOptions.inference(2).engine(new ReferenceEngine()));
    Frame frame = plan.frame(Parameters.initialize(model, 7));
    Tensor[] inputs =
        model.inputs().stream().map(n -> Tensor.zeros(n.shape().batch(2))).toArray(Tensor[]::new);
    float[] scores = new float[2 * model.outputs().getFirst().shape().arraySize()];
    try (Workers workers = Workers.of(1)) {
      long bytes = 0;
      for (int run = 0; run < 3; run++) { // the first ones load classes
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < inputs.length; i++) {
          plan.input(frame, i, inputs[i]);
        }
        plan.forward(frame, workers, 2);
        plan.output(frame, 0, scores, 0, 2);
        bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      }
      assertEquals(0, bytes);
    }
  }
}
