package dev.tarn.engine;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The only owner of threads: runs the blocks of one kernel at a time on the calling thread and its
/// helpers.
///
/// Which thread runs which block is chance; what a block computes is not. The first failure of any
/// block reaches the caller after the others have stopped. Daemon threads, so a forgotten pool
/// keeps no program alive.
///
/// A small network's kernels take some microseconds each, and so may handing one over cost a
/// fraction of one only: who waits spins for a while before it sleeps, and no lock is taken unless
/// somebody sleeps. Half of the threads take blocks from the first on and half from the last back,
/// so that of two threads each mostly works on the samples it has in its cache from the kernel
/// before.
// Written under the lock alone, by whoever goes to sleep or wakes up.
@SuppressWarnings("NonAtomicVolatileUpdate")
public final class Workers implements AutoCloseable {
  private static final long SPIN_NANOS = 100_000;

  /// Blocks of one round: two numbers up to this share a word with the round's number.
  private static final int MOST_BLOCKS = (1 << 16) - 1;

  /// Where the two words that threads write to lie: a pair of cache lines apart.
  private static final int LEFT = 16;

  private static final int DONE = 32;
  private static final int WORDS = 48;

  /// `LEFT`: the round's number (32 bits), the first block nobody took, and one past the last.
  /// `DONE`: blocks of the round that are finished.
  private final AtomicLongArray words = new AtomicLongArray(WORDS);

  private final ReentrantLock callers = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition finished = lock.newCondition();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final int count;
  private final long spin;

  // The round: written before its number is published and left alone until all its blocks are done.
  private @Nullable Kernel kernel;
  private @Nullable Frame frame;
  private int firstBlock;

  private int round;
  private volatile int sleepers;
  private volatile boolean callerSleeps;
  private volatile boolean closed;

  private Workers(int count) {
    this.count = count;
    this.spin = count <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOS : 0;
    for (int i = 1; i < count; i++) {
      boolean fromTheLast = i % 2 == 1;
      Thread.ofPlatform().daemon().name("tarn-worker-" + i).start(() -> serve(fromTheLast));
    }
  }

  /// A pool of this many threads, the caller's included.
  public static Workers of(int threads) {
    if (threads < 1 || threads > 1024) {
      throw new ParameterException("threads is %d; needed 1 to 1024.".formatted(threads));
    }
    return new Workers(threads);
  }

  /// A pool of as many threads as there are processors.
  public static Workers ofProcessors() {
    return of(Runtime.getRuntime().availableProcessors());
  }

  public int count() {
    return count;
  }

  /// Runs all blocks of a kernel, and of those after it, and returns when they are done.
  public void run(Kernel kernel, Frame frame) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException("%s: the thread was interrupted.".formatted(kernel.name()));
    }
    int n = kernel.blocks(frame.batch());
    if (n == 1 || (n > 0 && count == 1)) {
      for (int block = 0; block < n; block++) {
        kernel.run(frame, block);
      }
    } else if (n > 1) {
      callers.lock();
      try {
        for (int block = 0; block < n; block += MOST_BLOCKS) {
          runTogether(kernel, frame, block, Math.min(MOST_BLOCKS, n - block));
        }
      } finally {
        callers.unlock();
      }
    }
    List<Kernel> after = kernel.after();
    for (int i = 0; i < after.size(); i++) { // an iterator would be garbage in every step
      run(after.get(i), frame);
    }
  }

  private void runTogether(Kernel todo, Frame on, int first, int n) {
    if (closed) {
      throw new CancelledException("workers: the pool is closed.");
    }
    kernel = todo;
    frame = on;
    firstBlock = first;
    words.set(DONE, 0);
    words.set(LEFT, word(++round, 0, n));
    if (sleepers > 0) {
      wake(work);
    }
    take(false);
    await(n);
    Throwable met = failure.getAndSet(null);
    kernel = null;
    frame = null;
    if (met != null) {
      throw rethrow(met);
    }
  }

  private static long word(int round, int from, int to) {
    return (long) round << 32 | (long) from << 16 | to;
  }

  private static int from(long word) {
    return (int) (word >>> 16) & MOST_BLOCKS;
  }

  private static int to(long word) {
    return (int) word & MOST_BLOCKS;
  }

  private static RuntimeException rethrow(Throwable met) {
    if (met instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) met;
  }

  /// Runs blocks until none is left.
  private void take(boolean fromTheLast) {
    int done = 0;
    for (long left = words.get(LEFT); from(left) < to(left); left = words.get(LEFT)) {
      // Read before the block is ours, and right if it becomes so: while a block of this round is
      // left, nobody begins another round.
      Kernel todo = kernel;
      Frame on = frame;
      int first = firstBlock;
      int from = from(left);
      int to = to(left);
      int number = (int) (left >>> 32);
      long next = fromTheLast ? word(number, from, to - 1) : word(number, from + 1, to);
      if (words.compareAndSet(LEFT, left, next) && todo != null && on != null) {
        done++;
        runBlock(todo, on, first + (fromTheLast ? to - 1 : from));
      }
    }
    if (done > 0) {
      count(done);
    }
  }

  private void runBlock(Kernel todo, Frame on, int block) {
    if (failure.get() != null) {
      return;
    }
    try {
      todo.run(on, block);
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private void count(int blocks) {
    words.addAndGet(DONE, blocks);
    if (callerSleeps) {
      wake(finished);
    }
  }

  private void wake(Condition condition) {
    lock.lock();
    try {
      condition.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Returns when all `n` blocks of the round are done.
  private void await(int n) {
    if (words.get(DONE) == n) {
      return;
    }
    long until = System.nanoTime() + spin;
    while (words.get(DONE) < n && System.nanoTime() < until) {
      Thread.onSpinWait();
    }
    if (words.get(DONE) == n) {
      return;
    }
    lock.lock();
    try {
      callerSleeps = true; // before the count is read again, which is after it where it is changed
      while (words.get(DONE) < n) {
        finished.awaitUninterruptibly();
      }
      callerSleeps = false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isIdle() {
    long left = words.get(LEFT);
    return from(left) >= to(left);
  }

  private void serve(boolean fromTheLast) {
    while (!closed) {
      take(fromTheLast);
      long until = System.nanoTime() + spin;
      while (isIdle() && !closed && System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      if (isIdle() && !closed) {
        sleep();
      }
    }
  }

  private void sleep() {
    lock.lock();
    try {
      sleepers++; // before it is seen whether there is work, which is after it where work is given
      while (isIdle() && !closed) {
        work.awaitUninterruptibly();
      }
      sleepers--;
    } finally {
      lock.unlock();
    }
  }

  /// Stops the threads; a pool that is closed runs nothing more.
  @Override
  public void close() {
    closed = true;
    wake(work);
  }
}
