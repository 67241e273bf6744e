package dev.tarn.train;

import dev.tarn.engine.Exponential;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.stream.DoubleStream;

/// How far a network's outputs are from their targets: one number, the mean over the batch, and its
/// gradient by the outputs.
///
/// Sums are taken in double, sample by sample, in one fixed order. Targets are class numbers or
/// values; class numbers stand for 1 at the right class and 0 elsewhere.
public sealed interface Loss {
  /// `cross-entropy`, for messages.
  String name();

  /// What sample `sample` adds to the sum of losses; overwrites `gradient[gradientAt …]` with
  /// `scale` times its gradient by the outputs.
  ///
  /// @param outputs the outputs in logical order, this sample's from `at`
  /// @param shape per-sample shape of the outputs
  double sample(
      float[] outputs,
      int at,
      Shape shape,
      Targets targets,
      int sample,
      double scale,
      float[] gradient,
      int gradientAt);

  /// What a sample counts in the mean: the sum of losses is divided by the sum of these.
  double weight(Shape shape, Targets targets, int sample);

  /// The mean loss of a batch of outputs `N, C, spatial…`; NaN for an empty batch.
  ///
  /// @throws ShapeException if targets do not fit the outputs
  /// @throws ParameterException if a target is out of range; the message has the sample's number
  default double value(Tensor outputs, Targets targets) {
    return mean(outputs, targets, new float[outputs.shape().arraySize()]);
  }

  /// The gradient of [#value] by the outputs, of their shape.
  ///
  /// @throws ShapeException if targets do not fit the outputs
  /// @throws ParameterException if a target is out of range; the message has the sample's number
  default Tensor gradient(Tensor outputs, Targets targets) {
    Tensor gradient = Tensor.zeros(outputs.shape());
    mean(outputs, targets, gradient.array());
    return gradient;
  }

  private double mean(Tensor outputs, Targets targets, float[] gradient) {
    if (outputs.shape().rank() < 2) {
      throw new ShapeException(
          "%s: outputs have shape %s; needed [N, C, spatial…] or [N, features]."
              .formatted(name(), outputs.shape()));
    }
    int samples = outputs.shape().size(0);
    Shape shape = outputs.shape().sample();
    TargetCheck.require(this, shape, targets, samples, i -> i);
    float[] values = outputs.to(Layout.NCHW).array();
    int cells = shape.arraySize();
    double weights = 0;
    for (int i = 0; i < samples; i++) {
      weights += weight(shape, targets, i);
    }
    double sum = 0;
    for (int i = 0; i < samples; i++) {
      sum += sample(values, i * cells, shape, targets, i, 1 / weights, gradient, i * cells);
    }
    return sum / weights;
  }

  /// Softmax cross-entropy on scores (logits), for examples of one class each.
  static CrossEntropy crossEntropy() {
    return new CrossEntropy(0, List.of());
  }

  /// Binary cross-entropy on scores (logits), for examples that may have several labels.
  static BinaryCrossEntropy binaryCrossEntropy() {
    return new BinaryCrossEntropy();
  }

  /// The mean of squared differences.
  static MeanSquaredError meanSquaredError() {
    return new MeanSquaredError();
  }

  /// Squared differences near the target and absolute ones beyond `delta`, so that outliers pull
  /// less.
  static Huber huber(double delta) {
    return new Huber(delta);
  }

  /// Softmax and cross-entropy in one: `−Σ_c q_c · log softmax(x)_c` across channels, at every
  /// position.
  ///
  /// For class number `y` the targets are `q_c = w_c · ((1 − s)·[c = y] + s / C)` and the mean
  /// divides by the sum of `w_y`; for values `t` they are `q_c = w_c · ((1 − s)·t_c + s / C)` and
  /// the mean divides by the number of positions (both as PyTorch's `CrossEntropyLoss`). The
  /// largest score is subtracted first, so scores of ±1e38 give finite losses. Smoothing: Szegedy
  /// et al. 2016, section 7.
  ///
  /// A model that ends in a softmax layer is trained on the scores before that layer; see
  /// [Trainer].
  ///
  /// @param smoothing share `s` of the target spread over all classes, from 0 to below 1
  /// @param classWeights `w`, one number for each class, or none for 1 each
  record CrossEntropy(double smoothing, List<Double> classWeights) implements Loss {
    public CrossEntropy {
      Checks.belowOne("cross-entropy", "label smoothing", smoothing);
      classWeights = List.copyOf(classWeights);
      double sum = 0;
      for (double weight : classWeights) {
        sum += Checks.notNegative("cross-entropy", "a class weight", weight, 1e30);
      }
      if (!classWeights.isEmpty() && sum == 0) {
        throw new ParameterException("cross-entropy: every class weight is 0; needed one above 0.");
      }
    }

    /// The same with a share of every target spread evenly over all classes.
    public CrossEntropy smoothing(double share) {
      return new CrossEntropy(share, classWeights);
    }

    /// The same with one weight for each class, as for classes that are rare.
    public CrossEntropy classWeights(double... weights) {
      return new CrossEntropy(smoothing, DoubleStream.of(weights).boxed().toList());
    }

    @Override
    public String name() {
      return "cross-entropy";
    }

    private double weightOf(Shape shape, int c) {
      if (classWeights.isEmpty()) {
        return 1;
      }
      if (classWeights.size() != shape.channels()) {
        throw new ShapeException(
            "cross-entropy: %d class weights for %d outputs; needed one for each."
                .formatted(classWeights.size(), shape.channels()));
      }
      return classWeights.get(c);
    }

    @Override
    public double weight(Shape shape, Targets targets, int sample) {
      int positions = shape.positions();
      return switch (targets) {
        case Targets.Classes(int[] numbers) -> {
          double sum = 0;
          for (int p = 0; p < positions; p++) {
            sum += weightOf(shape, numbers[sample * positions + p]);
          }
          yield sum;
        }
        case Targets.Values values -> positions;
      };
    }

    @Override
    public double sample(
        float[] outputs,
        int at,
        Shape shape,
        Targets targets,
        int sample,
        double scale,
        float[] gradient,
        int gradientAt) {
      int classes = shape.channels();
      int positions = shape.positions();
      if (smoothing == 0
          && classWeights.isEmpty()
          && targets instanceof Targets.Classes(int[] of)) {
        double plain = 0;
        for (int p = 0; p < positions; p++) {
          int truth = of[sample * positions + p];
          plain +=
              plain(outputs, at + p, positions, classes, truth, scale, gradient, gradientAt + p);
        }
        return plain;
      }
      int cells = shape.arraySize();
      double loss = 0;
      for (int p = 0; p < positions; p++) {
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
          most = Math.max(most, outputs[at + c * positions + p]);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          sum += Exponential.of(outputs[at + c * positions + p] - most);
        }
        double logSum = StrictMath.log(sum);
        double mass = 0;
        for (int c = 0; c < classes; c++) {
          double plain = targets.at(cells, positions, sample, c * positions + p);
          double q = weightOf(shape, c) * ((1 - smoothing) * plain + smoothing / classes);
          mass += q;
          if (q != 0) { // 0 · log 0 is 0 here
            loss -= q * (outputs[at + c * positions + p] - most - logSum);
          }
        }
        for (int c = 0; c < classes; c++) {
          double plain = targets.at(cells, positions, sample, c * positions + p);
          double q = weightOf(shape, c) * ((1 - smoothing) * plain + smoothing / classes);
          double share = Exponential.of(outputs[at + c * positions + p] - most) / sum;
          gradient[gradientAt + c * positions + p] = (float) (scale * (share * mass - q));
        }
      }
      return loss;
    }

    /// One position of one class, neither smoothed nor weighted: the bits of the general way.
    ///
    /// @param step from one class to the next
    private static double plain(
        float[] outputs,
        int at,
        int step,
        int classes,
        int truth,
        double scale,
        float[] gradient,
        int gradientAt) {
      float most = Float.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        most = Math.max(most, outputs[at + c * step]);
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Exponential.of(outputs[at + c * step] - (double) most);
      }
      for (int c = 0; c < classes; c++) {
        double share = Exponential.of(outputs[at + c * step] - (double) most) / sum;
        gradient[gradientAt + c * step] = (float) (scale * (share - (c == truth ? 1 : 0)));
      }
      return -(outputs[at + truth * step] - (double) most - StrictMath.log(sum));
    }
  }

  /// Sigmoid and cross-entropy in one, for every output by itself: `max(x, 0) − x·t + log(1 +
  /// e^−|x|)`, the mean over all outputs (PyTorch's `BCEWithLogitsLoss`).
  ///
  /// A model that ends in a sigmoid is trained on the scores before it; see [Trainer].
  record BinaryCrossEntropy() implements Loss {
    @Override
    public String name() {
      return "binary cross-entropy";
    }

    @Override
    public double weight(Shape shape, Targets targets, int sample) {
      return shape.arraySize();
    }

    @Override
    public double sample(
        float[] outputs,
        int at,
        Shape shape,
        Targets targets,
        int sample,
        double scale,
        float[] gradient,
        int gradientAt) {
      int positions = shape.positions();
      int cells = shape.arraySize();
      double loss = 0;
      for (int i = 0; i < cells; i++) {
        double x = outputs[at + i];
        double t = targets.at(cells, positions, sample, i);
        double small = Exponential.of(-Math.abs(x));
        loss += Math.max(x, 0) - x * t + StrictMath.log1p(small);
        double sigmoid = (x >= 0 ? 1 : small) / (1 + small);
        gradient[gradientAt + i] = (float) (scale * (sigmoid - t));
      }
      return loss;
    }
  }

  /// `(x − t)²`, the mean over all outputs (PyTorch's `MSELoss`).
  record MeanSquaredError() implements Loss {
    @Override
    public String name() {
      return "mean squared error";
    }

    @Override
    public double weight(Shape shape, Targets targets, int sample) {
      return shape.arraySize();
    }

    @Override
    public double sample(
        float[] outputs,
        int at,
        Shape shape,
        Targets targets,
        int sample,
        double scale,
        float[] gradient,
        int gradientAt) {
      int positions = shape.positions();
      int cells = shape.arraySize();
      double loss = 0;
      for (int i = 0; i < cells; i++) {
        double e = outputs[at + i] - targets.at(cells, positions, sample, i);
        loss += e * e;
        gradient[gradientAt + i] = (float) (scale * 2 * e);
      }
      return loss;
    }
  }

  /// `e² / 2` where `|e| = |x − t| ≤ delta`, else `delta · (|e| − delta / 2)`; the mean over all
  /// outputs (Huber 1964; PyTorch's `HuberLoss`).
  ///
  /// @param delta where the parabola becomes a line, above 0
  record Huber(double delta) implements Loss {
    public Huber {
      Checks.positive("huber", "delta", delta, 1e30);
    }

    @Override
    public String name() {
      return "huber";
    }

    @Override
    public double weight(Shape shape, Targets targets, int sample) {
      return shape.arraySize();
    }

    @Override
    public double sample(
        float[] outputs,
        int at,
        Shape shape,
        Targets targets,
        int sample,
        double scale,
        float[] gradient,
        int gradientAt) {
      int positions = shape.positions();
      int cells = shape.arraySize();
      double loss = 0;
      for (int i = 0; i < cells; i++) {
        double e = outputs[at + i] - targets.at(cells, positions, sample, i);
        double size = Math.abs(e);
        loss += size <= delta ? 0.5 * e * e : delta * (size - 0.5 * delta);
        gradient[gradientAt + i] = (float) (scale * Math.clamp(e, -delta, delta));
      }
      return loss;
    }
  }
}
