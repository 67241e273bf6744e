package dev.tarn.train;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Shape;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// How a network does on a data set: loss, accuracy, which classes it takes for which, and where it
/// fails worst.
public final class Evaluation {
  /// One example and what the network made of it.
  ///
  /// @param index its number in the data set
  /// @param truth its class number, or -1 without classes
  /// @param prediction the class number with the highest score, or -1 without classes
  /// @param loss its loss
  public record Example(int index, int truth, int prediction, double loss) {}

  private final List<String> labels;
  private final double loss;
  private final double[] losses;
  private final int[] truths;
  private final int[] predictions;
  private final int[] ranks;

  private Evaluation(
      List<String> labels,
      double loss,
      double[] losses,
      int[] truths,
      int[] predictions,
      int[] ranks) {
    this.labels = labels;
    this.loss = loss;
    this.losses = losses;
    this.truths = truths;
    this.predictions = predictions;
    this.ranks = ranks;
  }

  /// Runs a network over a data set, with cross-entropy as the loss, or the mean squared error
  /// where examples have target values.
  ///
  /// @throws ShapeException if the data set is empty or does not fit the model
  /// @throws ParameterException if a label is out of range
  public static Evaluation of(Model model, Parameters parameters, Dataset data) {
    Loss loss = data.target().isEmpty() ? Loss.crossEntropy() : Loss.meanSquaredError();
    try (Workers workers = Workers.ofProcessors()) {
      return of(model, parameters, data, loss, workers);
    }
  }

  /// The same with a loss of the caller's, computed by these threads.
  ///
  /// @throws ShapeException if the data set is empty or does not fit the model
  /// @throws ParameterException if a label is out of range
  public static Evaluation of(
      Model model, Parameters parameters, Dataset data, Loss loss, Workers workers) {
    Model scores = Scores.of(model, loss);
    Plan plan = Plan.inference(scores, Predictor.batchFor(scores));
    Frame frame = plan.frame(Parameters.of(scores, parameters.array()));
    requireFit(scores, data, loss, "evaluation");
    return run(plan, frame, workers, data, loss);
  }

  /// Refuses data whose shape or labels do not fit.
  static void requireFit(Model scores, Dataset data, Loss loss, String what) {
    Scores.requireFit(scores, data, what);
    Shape output = scores.outputs().getFirst().shape();
    if (data.target().isEmpty()) {
      TargetCheck.require(loss, output, Targets.classes(data.classes()), data.size(), i -> i);
    } else if (!data.target().get().equals(output)) {
      throw new ShapeException(
          "%s data: targets have shape %s; needed that of the model's output, %s."
              .formatted(what, data.target().get(), output));
    }
  }

  static Evaluation run(Plan plan, Frame frame, Workers workers, Dataset data, Loss loss) {
    Shape shape = plan.model().outputs().getFirst().shape();
    int cells = shape.arraySize();
    boolean classes = data.target().isEmpty();
    int[] truths = new int[data.size()];
    int[] predictions = new int[classes ? data.size() : 0];
    int[] ranks = new int[classes ? data.size() : 0];
    double[] losses = new double[data.size()];
    float[] outputs = new float[Math.multiplyExact(plan.batch(), cells)];
    float[] unused = new float[cells];
    double sum = 0;
    double weights = 0;
    try (Batches batches = Batches.inOrder(data, plan.batch())) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        int[] examples = batch.examples();
        Targets targets = batch.targets();
        TargetCheck.require(loss, shape, targets, batch.size(), i -> examples[i]);
        plan.input(frame, 0, batch.inputs().array(), 0, batch.size());
        plan.forward(frame, workers, batch.size());
        plan.output(frame, 0, outputs, 0, batch.size());
        for (int i = 0; i < batch.size(); i++) {
          int example = examples[i];
          double one = loss.sample(outputs, i * cells, shape, targets, i, 1, unused, 0);
          double weight = loss.weight(shape, targets, i);
          if (!Double.isFinite(one)) {
            throw new NonFiniteException(
                "evaluation: the loss of example %d is %s; the weights or the example hold values that are too large or not numbers."
                    .formatted(example, one));
          }
          sum += one;
          weights += weight;
          losses[example] = weight == 0 ? 0 : one / weight;
          truths[example] = batch.classes()[i];
          if (classes) {
            predictions[example] = highest(outputs, i * cells, cells);
            ranks[example] = rank(outputs, i * cells, cells, truths[example]);
          }
        }
      }
    }
    return new Evaluation(names(data, shape), sum / weights, losses, truths, predictions, ranks);
  }

  private static List<String> names(Dataset data, Shape output) {
    return data.labels().size() == output.channels()
        ? data.labels()
        : IntStream.range(0, output.channels())
            .mapToObj(i -> i < data.labels().size() ? data.labels().get(i) : Integer.toString(i))
            .toList();
  }

  /// The place of the highest value; the first of equals.
  static int highest(float[] values, int at, int count) {
    int best = 0;
    for (int c = 1; c < count; c++) {
      if (values[at + c] > values[at + best]) {
        best = c;
      }
    }
    return best;
  }

  /// How many values stand before that of the right class, as a list of the highest would have it.
  private static int rank(float[] values, int at, int count, int right) {
    int before = 0;
    for (int c = 0; c < count; c++) {
      if (values[at + c] > values[at + right]
          || (values[at + c] == values[at + right] && c < right)) {
        before++;
      }
    }
    return before;
  }

  /// The number of examples.
  public int size() {
    return losses.length;
  }

  /// The mean loss.
  public double loss() {
    return loss;
  }

  /// Whether examples have classes, without which there is no accuracy.
  public boolean hasClasses() {
    return ranks.length > 0;
  }

  /// The number of examples named right.
  public long correct() {
    return top(1);
  }

  /// The share of examples named right; NaN without classes.
  public double accuracy() {
    return topAccuracy(1);
  }

  /// The share of examples whose class is among the `k` with the highest scores; NaN without
  /// classes.
  public double topAccuracy(int k) {
    Checks.atLeastOne("top-k accuracy", "k", k);
    return hasClasses() ? (double) top(k) / size() : Double.NaN;
  }

  private long top(int k) {
    return IntStream.of(ranks).filter(rank -> rank < k).count();
  }

  /// Which classes are taken for which, with precision, recall and F1.
  ///
  /// @throws ParameterException if examples have no classes
  public ConfusionMatrix confusion() {
    if (!hasClasses()) {
      throw new ParameterException(
          "evaluation: examples have target values, not classes; a confusion matrix needs classes.");
    }
    return ConfusionMatrix.of(truths, predictions, labels);
  }

  /// The `count` examples with the highest loss, the worst first.
  public List<Example> worst(int count) {
    return IntStream.range(0, size())
        .mapToObj(i -> new Example(i, truths[i], hasClasses() ? predictions[i] : -1, losses[i]))
        .sorted(Comparator.comparingDouble(Example::loss).reversed())
        .limit(count)
        .toList();
  }

  /// `accuracy 0.9912 (9912 of 10000), loss 0.0281`
  @Override
  public String toString() {
    String mean = String.format(Locale.ROOT, "loss %.4f", loss);
    return hasClasses()
        ? String.format(
            Locale.ROOT, "accuracy %.4f (%d of %d), %s", accuracy(), correct(), size(), mean)
        : mean;
  }
}
