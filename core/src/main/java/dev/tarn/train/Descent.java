package dev.tarn.train;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Workers;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ParameterException;
import dev.tarn.layer.ParameterSpec.Role;
import dev.tarn.model.Model;
import dev.tarn.model.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntConsumer;

/// Turns gradients into an update of the weights: sums, checks, clips, and applies the optimizer.
///
/// The learned parameters are cut into blocks whose places depend on the model alone. Threads share
/// out the blocks; sums over all of them are taken block by block in one order, so the number of
/// threads changes no bit.
final class Descent {
  private static final int BLOCK = 1 << 14;

  /// A part of one parameter.
  private record Block(Parameter parameter, int from, int to, double weightDecay) {}

  /// All engines give the same bits for what is asked of it here.
  private final Engine engine = Engines.best();

  private final Optimizer optimizer;
  private final Clip clip;
  private final List<Block> blocks = new ArrayList<>();
  private final double[] squares;

  /// Parts of the blocks that are handed to threads: one for a small network.
  private final int shares;

  private final float[] weights;
  private final float[][] slots;
  private final Kernel copy = new Blocks("copy gradients", this::copy);
  private final Kernel add = new Blocks("add gradients", this::add);
  private final Kernel measure = new Blocks("measure gradients", this::measure);
  private final Kernel update = new Blocks("update weights", this::update);
  private float[] source = new float[0];
  private float[] gradients = new float[0];
  private double rate;
  private double scale;
  private long number;

  /// @param weights the parameters to move
  /// @param frozen names of layers that keep theirs
  Descent(Model model, float[] weights, Optimizer optimizer, Clip clip, Set<String> frozen) {
    this.optimizer = optimizer;
    this.clip = clip;
    this.weights = weights;
    this.slots = new float[optimizer.slots()][weights.length];
    for (Parameter p : model.parameters()) {
      if (p.learned() && !frozen.contains(p.node())) {
        boolean decayed =
            p.spec().role() == Role.WEIGHT || optimizer.decay() == Optimizer.Decay.ALL;
        int end = p.at() + p.size();
        for (int from = p.at(); from < end; from += BLOCK) {
          int to = Math.min(end, from + BLOCK);
          blocks.add(new Block(p, from, to, decayed ? optimizer.weightDecay() : 0));
        }
      }
    }
    if (blocks.isEmpty()) {
      throw new ParameterException(
          "training: the model has nothing to learn; needed a layer with weights that is not frozen.");
    }
    this.squares = new double[blocks.size()];
    long learned = blocks.stream().mapToLong(b -> b.to() - b.from()).sum();
    this.shares = (int) Math.min(blocks.size(), learned / BLOCK + 1);
  }

  float[][] slots() {
    return slots;
  }

  /// Takes the gradients of a frame as those of a whole step.
  void take(Frame frame) {
    gradients = frame.gradients();
  }

  /// Copies the gradients of a frame, if they are the first of a step, or adds them to the others.
  void take(Frame frame, Workers workers, int part) {
    if (gradients.length == 0) {
      gradients = new float[weights.length];
    }
    source = frame.gradients();
    workers.run(part == 0 ? copy : add, frame);
  }

  /// Refuses gradients that are NaN or infinite, and finds out by how much to scale them.
  ///
  /// @param where of the message: the step; its text is made where it is needed only
  void check(Frame frame, Workers workers, Object where) {
    workers.run(measure, frame);
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    if (!Double.isFinite(sum)) {
      throw notFinite(where);
    }
    double norm = Math.sqrt(sum);
    scale = clip instanceof Clip.Norm(double most) && norm > most ? most / (norm + 1e-6) : 1;
  }

  /// Moves the weights; once begun it is done to the end, whoever cancels.
  void apply(Frame frame, Workers workers, long updateNumber, double learningRate) {
    number = updateNumber;
    rate = learningRate;
    workers.run(update, frame);
  }

  /// Refuses weights that the update made NaN or infinite.
  void checkWeights(Object where) {
    for (int i = 0; i < blocks.size(); i++) {
      if (!Double.isFinite(squares[i])) {
        Block block = blocks.get(i);
        throw new NonFiniteException(
            "%s: the update with learning rate %s made %s NaN or infinite. Training cannot go on from there; go back to the last checkpoint and lower the learning rate."
                .formatted(where, rate, block.parameter().name()));
      }
    }
  }

  private NonFiniteException notFinite(Object where) {
    for (Block block : blocks) {
      for (int i = block.from(); i < block.to(); i++) {
        if (!Float.isFinite(gradients[i])) {
          return new NonFiniteException(
              "%s: the gradient of %s is %s at index %d. The weights are as before this step; lower the learning rate, clip gradients, or look for wrong values in the data."
                  .formatted(
                      where,
                      block.parameter().name(),
                      String.format(Locale.ROOT, "%s", gradients[i]),
                      i - block.parameter().at()));
        }
      }
    }
    throw new IllegalStateException("no gradient is NaN or infinite");
  }

  private void copy(int number) {
    Block block = blocks.get(number);
    System.arraycopy(source, block.from(), gradients, block.from(), block.to() - block.from());
  }

  private void add(int number) {
    Block block = blocks.get(number);
    for (int i = block.from(); i < block.to(); i++) {
      gradients[i] += source[i];
    }
  }

  private void measure(int number) {
    Block block = blocks.get(number);
    squares[number] = engine.sumOfSquares(gradients, block.from(), block.to());
  }

  private void update(int index) {
    Block block = blocks.get(index);
    int from = block.from();
    int to = block.to();
    if (clip instanceof Clip.Value(double most)) {
      float limit = (float) most;
      for (int i = from; i < to; i++) {
        gradients[i] = Math.clamp(gradients[i], -limit, limit);
      }
    } else if (scale != 1) {
      float factor = (float) scale;
      for (int i = from; i < to; i++) {
        gradients[i] *= factor;
      }
    }
    Update.apply(optimizer, number, rate, block.weightDecay(), weights, gradients, slots, from, to);
    squares[index] = engine.sumOfSquares(weights, from, to);
  }

  /// Work on each block by itself.
  private final class Blocks implements Kernel {
    private final String name;
    private final IntConsumer work;

    Blocks(String name, IntConsumer work) {
      this.name = name;
      this.work = work;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int blocks(int batch) {
      return shares;
    }

    @Override
    public void run(Frame frame, int share) {
      int past = (int) ((share + 1L) * blocks.size() / shares);
      for (int b = (int) ((long) share * blocks.size() / shares); b < past; b++) {
        work.accept(b);
      }
    }
  }
}
