package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.error.ShapeException;
import dev.tarn.layer.CustomLayer;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lets a user's layer take part in a plan: copies buffers to tensors and back, and checks what
/// comes back.
final class CustomKernels {
  private CustomKernels() {}

  /// A kernel with the buffers it touches.
  record Bound(Step.Pass pass, Kernel kernel, List<Buffer> buffers) {}

  static Bound forward(Node node, CustomLayer layer, Values values, List<Buffer> inputs, Buffer y) {
    var tensors = new Tensors(node, values, inputs);
    List<Buffer> buffers = new ArrayList<>(inputs);
    buffers.add(y);
    Kernel kernel =
        single(
            node.name(),
            frame -> {
              Tensor output = layer.forward(tensors.inputs(frame), tensors.parameters(frame));
              tensors.put(frame, "forward's result", output, node.shape(), y);
            });
    return new Bound(Step.Pass.FORWARD, kernel, buffers);
  }

  /// @param gradInputs one per input, null where nobody needs it
  static Bound backward(
      Node node,
      CustomLayer layer,
      Values values,
      List<Buffer> inputs,
      Buffer y,
      Buffer gradY,
      List<@Nullable Buffer> gradInputs) {
    var tensors = new Tensors(node, values, inputs);
    List<Buffer> buffers = new ArrayList<>(inputs);
    buffers.addAll(List.of(y, gradY));
    for (Buffer gradInput : gradInputs) {
      if (gradInput != null) {
        buffers.add(gradInput);
      }
    }
    Kernel kernel =
        single(
            node.name(),
            frame -> {
              CustomLayer.Gradients gradients =
                  layer.backward(
                      tensors.inputs(frame),
                      tensors.parameters(frame),
                      tensors.tensor(frame, y, node.shape()),
                      tensors.tensor(frame, gradY, node.shape()));
              tensors.requireCount("input gradients", gradients.inputs(), inputs.size());
              for (int i = 0; i < inputs.size(); i++) {
                Buffer gradInput = gradInputs.get(i);
                if (gradInput != null) {
                  Shape shape = node.inputShapes().get(i);
                  tensors.put(frame, "gradient " + i, gradients.inputs().get(i), shape, gradInput);
                }
              }
              tensors.putParameterGradients(frame, gradients.parameters());
            });
    return new Bound(Step.Pass.BACKWARD, kernel, buffers);
  }

  /// What the only block of a custom kernel does.
  private interface Work {
    void run(Frame frame);
  }

  private static Kernel single(String name, Work work) {
    return new Kernel() {
      @Override
      public String name() {
        return name + " custom";
      }

      @Override
      public int blocks(int batch) {
        return 1;
      }

      @Override
      public void run(Frame frame, int block) {
        work.run(frame);
      }
    };
  }

  private record Tensors(Node node, Values values, List<Buffer> buffers) {
    List<Tensor> inputs(Frame frame) {
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < buffers.size(); i++) {
        tensors.add(tensor(frame, buffers.get(i), node.inputShapes().get(i)));
      }
      return tensors;
    }

    Tensor tensor(Frame frame, Buffer buffer, Shape shape) {
      int size = shape.batch(frame.batch()).arraySize();
      float[] copy = Arrays.copyOfRange(frame.array(buffer), buffer.at(), buffer.at() + size);
      return Tensor.of(shape.batch(frame.batch()), Layout.NHWC, copy).to(Layout.NCHW);
    }

    List<Tensor> parameters(Frame frame) {
      List<Tensor> tensors = new ArrayList<>();
      for (Parameter p : values.model.parameters(node)) {
        float[] copy = Arrays.copyOfRange(frame.parameters(), p.at(), p.at() + p.size());
        tensors.add(Tensor.of(p.spec().shape(), copy));
      }
      return tensors;
    }

    void put(Frame frame, String what, Tensor tensor, Shape shape, Buffer to) {
      Shape wanted = shape.batch(frame.batch());
      requireShape(what, tensor, wanted);
      float[] array = tensor.to(Layout.NHWC).array();
      System.arraycopy(array, 0, frame.array(to), to.at(), array.length);
    }

    void putParameterGradients(Frame frame, List<Tensor> gradients) {
      List<Parameter> parameters = values.model.parameters(node);
      requireCount("parameter gradients", gradients, parameters.size());
      for (int i = 0; i < gradients.size(); i++) {
        Parameter p = parameters.get(i);
        if (p.learned()) {
          Buffer to = values.parameter(node, p.spec().name(), Space.GRADIENTS);
          requireShape("gradient of " + p.name(), gradients.get(i), p.spec().shape());
          float[] array = gradients.get(i).to(Layout.NCHW).array();
          System.arraycopy(array, 0, frame.array(to), to.at(), array.length);
        }
      }
    }

    void requireCount(String what, List<Tensor> got, int needed) {
      if (got.size() != needed) {
        throw new ShapeException(
            "%s: backward gave %d %s; needed %d."
                .formatted(node.describe(), got.size(), what, needed));
      }
    }

    void requireShape(String what, Tensor got, Shape wanted) {
      if (!got.shape().equals(wanted)) {
        throw new ShapeException(
            "%s: %s has shape %s; needed %s."
                .formatted(node.describe(), what, got.shape(), wanted));
      }
    }
  }
}
