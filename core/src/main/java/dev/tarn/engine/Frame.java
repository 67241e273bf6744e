package dev.tarn.engine;

/// The memory of one execution of a plan: the arrays, the batch, and the numbers randomness depends
/// on.
///
/// One thread at a time uses a frame; frames share their parameters, and what was prepared of them.
public final class Frame {
  private final float[] arena;
  private final float[] parameters;
  private final float[] gradients;
  private final byte[] bytes;
  private final Prepared prepared;
  private int batch;
  private int saved = -1;
  private long seed;
  private long step;

  public Frame(
      float[] arena, float[] parameters, float[] gradients, byte[] bytes, Prepared prepared) {
    this.arena = arena;
    this.parameters = parameters;
    this.gradients = gradients;
    this.bytes = bytes;
    this.prepared = prepared;
  }

  /// A frame for kernels that prepare nothing.
  public Frame(float[] arena, float[] parameters, float[] gradients, byte[] bytes) {
    this(arena, parameters, gradients, bytes, new Prepared(0, () -> 0));
  }

  /// The array a buffer lies in; [Space#BYTES] has [#bytes].
  public float[] array(Buffer buffer) {
    return switch (buffer.space()) {
      case ARENA -> arena;
      case PARAMETERS -> parameters;
      case GRADIENTS -> gradients;
      case PREPARED -> prepared.array();
      case BYTES -> throw new IllegalArgumentException(buffer + " holds bytes");
    };
  }

  public float[] arena() {
    return arena;
  }

  public float[] parameters() {
    return parameters;
  }

  public float[] gradients() {
    return gradients;
  }

  /// What kernels made of constant parameters.
  public Prepared prepared() {
    return prepared;
  }

  public byte[] bytes() {
    return bytes;
  }

  /// Samples of the current run.
  public int batch() {
    return batch;
  }

  public void batch(int samples) {
    this.batch = samples;
  }

  /// Samples whose forward pass a backward pass may follow, −1 if there are none.
  public int saved() {
    return saved;
  }

  public void saved(int samples) {
    this.saved = samples;
  }

  /// Seed of everything random in the current run.
  public long seed() {
    return seed;
  }

  /// Number of the training step: with [#seed] it fixes every dropout mask.
  public long step() {
    return step;
  }

  public void randomness(long runSeed, long runStep) {
    this.seed = runSeed;
    this.step = runStep;
  }
}
