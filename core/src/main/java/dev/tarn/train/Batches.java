package dev.tarn.train;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// One pass over a data set, batch by batch, each prepared while the step before it runs.
///
/// Which examples a batch holds and how they are augmented depends on the data, the batch size, the
/// seed and the epoch, never on time or threads; the last batch holds what is left. One thread at a
/// time may call [#next].
///
/// The preparing thread is the one thread of Tarn that `Workers` does not own: it lives for an
/// epoch, mostly waits for files or for the training step, and must not take a place among the
/// workers that compute.
public final class Batches implements AutoCloseable {
  /// Batches at least: one in use, one ready, one being prepared.
  private static final int FEWEST = 3;

  /// Batches at most, and the numbers they hold together at most (4 MiB) if they are more than the
  /// fewest. Small batches are prepared many at a time: waking a thread up for each would take
  /// longer than their training steps.
  private static final int MOST = 64;

  private static final int MOST_NUMBERS = 1 << 20;

  private final Dataset data;
  private final int batchSize;
  private final int[] order;
  private final long epochSeed;
  private final int count;
  private final int buffers;

  private int first;
  private @Nullable Thread preparing;
  private int made;
  private final Queue<Batch> free = new ArrayDeque<>();
  private final Queue<Batch> ready = new ArrayDeque<>();
  private @Nullable Batch inUse;
  private @Nullable Throwable failure;
  private boolean finished;
  private boolean closed;

  private Batches(Dataset data, int batchSize, int[] order, long epochSeed) {
    if (batchSize < 1) {
      throw new ParameterException(
          "batches: batch size %d; needed at least 1.".formatted(batchSize));
    }
    this.data = data;
    this.batchSize = batchSize;
    this.order = order;
    this.epochSeed = epochSeed;
    this.count = Math.ceilDivExact(order.length, batchSize);
    int numbers = data.shape().batch(Math.min(batchSize, order.length)).arraySize();
    this.buffers = Math.clamp(MOST_NUMBERS / Math.max(1, numbers), FEWEST, MOST);
  }

  /// The pass of one training epoch: every example once, shuffled and augmented by `seed` and
  /// `epoch`.
  ///
  /// @throws ParameterException if `batchSize` is not positive
  public static Batches shuffled(Dataset data, int batchSize, long seed, int epoch) {
    long epochSeed = epochSeed(seed, epoch);
    return new Batches(data, batchSize, Dataset.order(data.size(), epochSeed), epochSeed);
  }

  /// The pass of an evaluation: every example once, in the order of the data set, as it is.
  ///
  /// @throws ParameterException if `batchSize` is not positive
  public static Batches inOrder(Dataset data, int batchSize) {
    int[] order = new int[data.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    return new Batches(data, batchSize, order, 0);
  }

  /// Starts with batch number `step` instead of 0, as a resumed epoch does; to be called before
  /// [#next].
  public synchronized Batches from(int step) {
    if (preparing != null || step < 0 || step > count) {
      throw new ParameterException(
          preparing != null
              ? "batches: the pass has begun; choose its first step before the first batch."
              : "batches: step %d; needed 0 to %d.".formatted(step, count));
    }
    first = step;
    return this;
  }

  /// The number of batches of a whole pass.
  public int count() {
    return count;
  }

  /// The next batch, or null after the last one. It is valid until the next call.
  ///
  /// @throws CancelledException if the calling thread is interrupted
  /// @throws RuntimeException the first fault met while preparing, as the data set threw it
  public synchronized @Nullable Batch next() {
    if (closed) {
      throw new ParameterException("batches: already closed; begin a new pass.");
    }
    if (preparing == null) {
      preparing = Thread.ofPlatform().name("tarn-batches").daemon(true).start(this::prepareAll);
    }
    if (inUse != null) {
      free.add(inUse);
      inUse = null;
      if (ready.size() <= buffers / 2) {
        notifyAll();
      }
    }
    while (ready.isEmpty() && !finished) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("batches: interrupted while waiting for the next batch.", e);
      }
    }
    if (ready.isEmpty()) {
      rethrow(failure);
      return null;
    }
    inUse = ready.remove();
    return inUse;
  }

  /// Ends the pass; the preparing thread has stopped when this returns. Closing twice is harmless.
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      notifyAll();
      running = preparing;
    }
    if (running == null) {
      return;
    }
    boolean interrupted = false;
    while (running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  private void prepareAll() {
    Throwable met = null;
    try {
      for (int step = first; step < count; step++) {
        Batch buffer = takeFree();
        if (buffer == null && isClosed()) {
          break;
        }
        Batch filled = fill(step, buffer);
        if (filled == null) {
          break;
        }
        synchronized (this) {
          ready.add(filled);
          if (ready.size() == 1) {
            notifyAll();
          }
        }
      }
    } catch (RuntimeException | Error e) {
      met = e;
    } finally {
      synchronized (this) {
        failure = met;
        finished = true;
        notifyAll();
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /// A buffer to fill again, or null if one more is to be made (or the pass was closed).
  private synchronized @Nullable Batch takeFree() {
    // Who has to wait waits until half of the batches are used.
    boolean full = free.isEmpty() && made == buffers;
    while (full && ready.size() > buffers / 2 && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        closed = true; // nobody but close() may end this thread; treat it as one
      }
    }
    if (closed) {
      return null;
    }
    if (!free.isEmpty()) {
      return free.remove();
    }
    made++;
    return null;
  }

  private @Nullable Batch fill(int step, @Nullable Batch buffer) {
    int from = Math.multiplyExact(step, batchSize);
    int size = Math.min(batchSize, order.length - from);
    boolean fits = buffer != null && buffer.size() == size;
    Tensor inputs = fits ? buffer.inputs() : Tensor.zeros(data.shape().batch(size));
    int[] classes = fits ? buffer.classes() : new int[size];
    int[] examples = fits ? buffer.examples() : new int[size];
    Shape target = data.target().orElse(null);
    Tensor values =
        fits ? buffer.values() : target == null ? null : Tensor.zeros(target.batch(size));
    int sample = data.shape().arraySize();
    for (int i = 0; i < size; i++) {
      if (isClosed()) {
        return null;
      }
      int example = order[from + i];
      examples[i] = example;
      classes[i] = data.label(example);
      data.read(example, epochSeed, inputs.array(), i * sample);
      if (values != null && target != null) {
        data.readTarget(example, epochSeed, values.array(), i * target.arraySize());
      }
    }
    return new Batch(step, inputs, classes, values, examples);
  }

  /// One number for a seed and an epoch, never 0 (which would mean: no augmentation). The mixing is
  /// SplitMix64's finaliser.
  static long epochSeed(long seed, int epoch) {
    long z = seed * 0x9E3779B97F4A7C15L + (epoch + 1) * 0xD1B54A32D192ED03L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return z == 0 ? 1 : z;
  }
}
