package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.tensor.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Arithmetic on every element by itself; what has curves of the user's or an error function in it
/// stays with the reference.
final class Pointwise {
  private Pointwise() {}

  static @Nullable Kernel of(PointwiseProblem problem) {
    return switch (problem) {
      case PointwiseProblem.Activate p when p.function() instanceof Activation.Relu ->
          new Elements("relu", p.size(), new Relu(p));
      case PointwiseProblem.ActivateBackward p when p.function() instanceof Activation.Relu ->
          reluGradient(p);
      case PointwiseProblem.Activate p -> SmoothActivations.of(p);
      case PointwiseProblem.ActivateBackward p -> SmoothActivations.of(p);
      case PointwiseProblem.Combine p -> CombineRows.of(p);
      case PointwiseProblem.CombineBackward p -> CombineGradient.of(p);
      case PointwiseProblem.Softmax p -> new SoftmaxRows.Forward(p);
      case PointwiseProblem.SoftmaxBackward p -> new SoftmaxRows.Backward(p);
      case PointwiseProblem.Accumulate p -> new Elements("accumulate", p.size(), new Sum(p));
      default -> null;
    };
  }

  /// ReLU of a buffer in its place.
  static Kernel relu(int size, Buffer of) {
    return new Elements(
        "relu", size, new Relu(new PointwiseProblem.Activate(Activation.RELU, size, of, of)));
  }

  /// ReLU of `y[at]` to `y[past - 1]` in their place.
  static void relu(float[] y, int at, int past) {
    Relu.run(y, at, past, y, at);
  }

  /// Stops, in its place, what of `size` gradients at `grad[gradAt]` ReLU stops by its results `y`.
  static void reluGradient(float[] y, int at, int size, float[] grad, int gradAt) {
    ReluGradient.run(y, at, at + size, grad, gradAt, grad, gradAt);
  }

  static Kernel reluGradient(PointwiseProblem.ActivateBackward p) {
    return new Elements("relu gradient", p.size(), new ReluGradient(p));
  }

  /// What is done with the elements from `from` to `to` of the whole batch.
  interface Range {
    void run(Frame frame, int from, int to);
  }

  /// Blocks of elements, cut at whole vectors.
  record Elements(String name, int size, Range range, Shares shares) implements Kernel {
    Elements(String name, int size, Range range) {
      this(name, size, range, new Shares(V, 1 << 15));
    }

    private int vectors(int batch) {
      return (int) (((long) size * batch + V - 1) / V);
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(vectors(batch));
    }

    @Override
    public void run(Frame frame, int block) {
      int vectors = vectors(frame.batch());
      int past = shares.first(block + 1, vectors) * V;
      range.run(frame, shares.first(block, vectors) * V, Math.min(past, size * frame.batch()));
    }
  }

  /// `max(0, x)`; NaN stays NaN.
  private record Relu(PointwiseProblem.Activate p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int past = p.x().at() + to;
      run(frame.array(p.x()), p.x().at() + from, past, frame.array(p.y()), p.y().at() + from);
    }

    private static void run(float[] x, int at, int past, float[] y, int yAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, x, i, m);
        v.blend(0f, v.compare(VectorOperators.LE, 0f)).intoArray(y, yAt + i - at, m);
      }
    }
  }

  /// `gradY` where `y` is above 0 or NaN.
  private record ReluGradient(PointwiseProblem.ActivateBackward p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      run(
          frame.array(p.value()),
          p.value().at() + from,
          p.value().at() + to,
          frame.array(p.gradY()),
          p.gradY().at() + from,
          frame.array(p.gradX()),
          p.gradX().at() + from);
    }

    private static void run(
        float[] y, int at, int past, float[] gradY, int gradYAt, float[] gradX, int gradXAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, y, i, m);
        var g = FloatVector.fromArray(F, gradY, gradYAt + i - at, m);
        g.blend(0f, v.compare(VectorOperators.LE, 0f)).intoArray(gradX, gradXAt + i - at, m);
      }
    }
  }

  /// `into += from`.
  private record Sum(PointwiseProblem.Accumulate p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int at = p.from().at() + from;
      int past = p.from().at() + to;
      run(frame.array(p.from()), at, past, frame.array(p.into()), p.into().at() + from);
    }

    private static void run(float[] x, int at, int past, float[] into, int intoAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        int j = intoAt + i - at;
        FloatVector.fromArray(F, into, j, m)
            .add(FloatVector.fromArray(F, x, i, m))
            .intoArray(into, j, m);
      }
    }
  }
}
