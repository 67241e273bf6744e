package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.vector.Pointwise.Elements;
import dev.tarn.engine.vector.Pointwise.Range;
import dev.tarn.tensor.Activation;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Activation functions made of exponentials, and leaky ReLU, with the bits of the reference: in
/// double, rounded once, by the same series.
///
/// Each function has a loop of its own, for a function handed to a common loop would be called for
/// every vector.
final class SmoothActivations {
  /// What an element of an exponential costs, in elements that are only read and written.
  private static final int COST = 16;

  private SmoothActivations() {}

  static @Nullable Kernel of(PointwiseProblem.Activate p) {
    return switch (p.function()) {
      case Activation.LeakyRelu(double slope) ->
          new Elements("leaky relu", p.size(), new Leaky(p, (float) slope));
      case Activation.Sigmoid sigmoid -> curve("sigmoid", p.size(), new Sigmoid(p));
      case Activation.Tanh tanh -> curve("tanh", p.size(), new Tanh(p));
      case Activation.Silu silu -> curve("silu", p.size(), new Silu(p));
      default -> null;
    };
  }

  static @Nullable Kernel of(PointwiseProblem.ActivateBackward p) {
    return switch (p.function()) {
      case Activation.LeakyRelu(double slope) ->
          new Elements("leaky relu gradient", p.size(), new LeakyGradient(p, (float) slope));
      case Activation.Sigmoid sigmoid ->
          new Elements("sigmoid gradient", p.size(), new SigmoidGradient(p));
      case Activation.Tanh tanh -> new Elements("tanh gradient", p.size(), new TanhGradient(p));
      case Activation.Silu silu -> curve("silu gradient", p.size(), new SiluGradient(p));
      default -> null;
    };
  }

  private static Kernel curve(String name, int size, Range range) {
    return new Elements(name, size, range, new Shares((long) COST * V, 1 << 15));
  }

  private static DoubleVector silu(DoubleVector x) {
    return x.mul(ExponentialLanes.sigmoid(x));
  }

  private static DoubleVector siluSlope(DoubleVector x) {
    var s = ExponentialLanes.sigmoid(x);
    var rest = s.neg().add(1); // 1 − s
    return s.mul(x.mul(rest).add(1));
  }

  /// `x` where it is above 0, else `slope · x`.
  private record Leaky(PointwiseProblem.Activate p, float slope) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int at = p.x().at() + from;
      int past = p.x().at() + to;
      run(frame.array(p.x()), at, past, frame.array(p.y()), p.y().at() + from, slope);
    }

    private static void run(float[] x, int at, int past, float[] y, int yAt, float slope) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, x, i, m);
        v.mul(slope).blend(v, v.compare(VectorOperators.GT, 0f)).intoArray(y, yAt + i - at, m);
      }
    }
  }

  /// `1 / (1 + e^−x)`.
  private record Sigmoid(PointwiseProblem.Activate p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int at = p.x().at() + from;
      int past = p.x().at() + to;
      run(frame.array(p.x()), at, past, frame.array(p.y()), p.y().at() + from);
    }

    private static void run(float[] x, int at, int past, float[] y, int yAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, x, i, m);
        var low = ExponentialLanes.sigmoid(Pools.half(v, 0));
        var high = ExponentialLanes.sigmoid(Pools.half(v, 1));
        Pools.whole(low, high).intoArray(y, yAt + i - at, m);
      }
    }
  }

  /// Hyperbolic tangent.
  private record Tanh(PointwiseProblem.Activate p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int at = p.x().at() + from;
      int past = p.x().at() + to;
      run(frame.array(p.x()), at, past, frame.array(p.y()), p.y().at() + from);
    }

    private static void run(float[] x, int at, int past, float[] y, int yAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, x, i, m);
        var low = ExponentialLanes.tanh(Pools.half(v, 0));
        var high = ExponentialLanes.tanh(Pools.half(v, 1));
        Pools.whole(low, high).intoArray(y, yAt + i - at, m);
      }
    }
  }

  /// `x · sigmoid(x)`.
  private record Silu(PointwiseProblem.Activate p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      int at = p.x().at() + from;
      int past = p.x().at() + to;
      run(frame.array(p.x()), at, past, frame.array(p.y()), p.y().at() + from);
    }

    private static void run(float[] x, int at, int past, float[] y, int yAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, x, i, m);
        var low = silu(Pools.half(v, 0));
        var high = silu(Pools.half(v, 1));
        Pools.whole(low, high).intoArray(y, yAt + i - at, m);
      }
    }
  }

  /// `gradY` where `y` is above 0, else `slope · gradY`.
  private record LeakyGradient(PointwiseProblem.ActivateBackward p, float slope) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      run(
          frame.array(p.value()),
          p.value().at() + from,
          p.value().at() + to,
          frame.array(p.gradY()),
          p.gradY().at() + from,
          frame.array(p.gradX()),
          p.gradX().at() + from,
          slope);
    }

    private static void run(
        float[] value,
        int at,
        int past,
        float[] gradY,
        int gradYAt,
        float[] gradX,
        int gradXAt,
        float slope) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, value, i, m);
        var g = FloatVector.fromArray(F, gradY, gradYAt + i - at, m);
        var slow = g.mul(slope);
        slow.blend(g, v.compare(VectorOperators.GT, 0f)).intoArray(gradX, gradXAt + i - at, m);
      }
    }
  }

  /// `gradY · y · (1 − y)`.
  private record SigmoidGradient(PointwiseProblem.ActivateBackward p) implements Range {
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
        float[] value, int at, int past, float[] gradY, int gradYAt, float[] gradX, int gradXAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, value, i, m);
        var g = FloatVector.fromArray(F, gradY, gradYAt + i - at, m);
        var slope = v.mul(v.neg().add(1f));
        g.mul(slope).intoArray(gradX, gradXAt + i - at, m);
      }
    }
  }

  /// `gradY · (1 − y²)`.
  private record TanhGradient(PointwiseProblem.ActivateBackward p) implements Range {
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
        float[] value, int at, int past, float[] gradY, int gradYAt, float[] gradX, int gradXAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, value, i, m);
        var g = FloatVector.fromArray(F, gradY, gradYAt + i - at, m);
        var slope = v.mul(v).neg().add(1f);
        g.mul(slope).intoArray(gradX, gradXAt + i - at, m);
      }
    }
  }

  /// `gradY` times the slope of SiLU at `x`.
  private record SiluGradient(PointwiseProblem.ActivateBackward p) implements Range {
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
        float[] value, int at, int past, float[] gradY, int gradYAt, float[] gradX, int gradXAt) {
      for (int i = at; i < past; i += V) {
        var m = F.indexInRange(i, past);
        var v = FloatVector.fromArray(F, value, i, m);
        var g = FloatVector.fromArray(F, gradY, gradYAt + i - at, m);
        var low = Pools.half(g, 0).mul(siluSlope(Pools.half(v, 0)));
        var high = Pools.half(g, 1).mul(siluSlope(Pools.half(v, 1)));
        Pools.whole(low, high).intoArray(gradX, gradXAt + i - at, m);
      }
    }
  }
}
