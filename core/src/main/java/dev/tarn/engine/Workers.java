package dev.tarn.engine;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The only owner of threads: runs the blocks of one kernel at a time on the calling thread and its
/// helpers.
///
/// Which thread runs which block is chance; what a block computes is not. The first failure of any
/// block reaches the caller after the others have stopped. Daemon threads, so a forgotten pool
/// keeps no program alive.
// The volatile numbers are written under the lock alone and read outside it by whoever spins.
@SuppressWarnings("NonAtomicVolatileUpdate")
public final class Workers implements AutoCloseable {
  private static final long SPIN_NANOS = 40_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final ReentrantLock callers = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition idle = lock.newCondition();
  private final AtomicInteger next = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final int count;
  private @Nullable Kernel kernel;
  private @Nullable Frame frame;
  private @Nullable Throwable failure;
  private int blocks;
  private volatile int busy;
  private volatile long generation;
  private volatile boolean closed;
  private final long spin;

  private Workers(int count) {
    this.count = count;
    this.spin = count <= Runtime.getRuntime().availableProcessors() ? SPIN_NANOS : 0;
    for (int i = 1; i < count; i++) {
      threads.add(Thread.ofPlatform().daemon().name("tarn-worker-" + i).start(this::serve));
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
        runTogether(kernel, frame, n);
      } finally {
        callers.unlock();
      }
    }
    List<Kernel> after = kernel.after();
    for (int i = 0; i < after.size(); i++) { // an iterator would be garbage in every step
      run(after.get(i), frame);
    }
  }

  private void runTogether(Kernel todo, Frame on, int n) {
    lock.lock();
    try {
      if (closed) {
        throw new CancelledException("workers: the pool is closed.");
      }
      kernel = todo;
      frame = on;
      blocks = n;
      failure = null;
      next.set(0);
      generation++;
      busy++;
      work.signalAll();
    } finally {
      lock.unlock();
    }
    take(todo, on, n);
    release();
    for (long until = System.nanoTime() + spin; busy > 0 && System.nanoTime() < until; ) {
      Thread.onSpinWait();
    }
    Throwable first;
    lock.lock();
    try {
      while (busy > 0) {
        idle.awaitUninterruptibly();
      }
      kernel = null;
      frame = null;
      first = failure;
    } finally {
      lock.unlock();
    }
    if (first != null) {
      throw rethrow(first);
    }
  }

  private static RuntimeException rethrow(Throwable first) {
    if (first instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) first;
  }

  private void take(Kernel todo, Frame on, int n) {
    try {
      for (int block = next.getAndIncrement(); block < n; block = next.getAndIncrement()) {
        todo.run(on, block);
      }
    } catch (RuntimeException | Error e) {
      next.set(Integer.MAX_VALUE / 2);
      lock.lock();
      try {
        if (failure == null) {
          failure = e;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void serve() {
    long seen = 0;
    while (true) {
      Kernel todo;
      Frame on;
      int n;
      for (long until = System.nanoTime() + spin; awaits(seen) && System.nanoTime() < until; ) {
        Thread.onSpinWait();
      }
      lock.lock();
      try {
        while (!closed && (generation == seen || kernel == null)) {
          work.awaitUninterruptibly();
        }
        if (closed) {
          return;
        }
        seen = generation;
        todo = kernel;
        on = frame;
        n = blocks;
        busy++;
      } finally {
        lock.unlock();
      }
      if (todo != null && on != null) {
        take(todo, on, n);
      }
      release();
    }
  }

  private boolean awaits(long seen) {
    return generation == seen && !closed;
  }

  private void release() {
    lock.lock();
    try {
      busy--;
      if (busy == 0) {
        idle.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Stops the threads; a pool that is closed runs nothing more.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
