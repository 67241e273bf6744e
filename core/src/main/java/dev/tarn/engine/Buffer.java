package dev.tarn.engine;

/// A place in a [Frame] that kernels read and write: which array, where it begins, and how long it
/// is.
///
/// Kernels are made before memory is planned; they keep the buffer and ask for [#at] when they run.
/// Activations lie channels last: sample `n`, position `s`, channel `c` stands at `at + n·size +
/// s·C + c`.
public final class Buffer {
  private final Space space;
  private final String name;
  private final long size;
  private final boolean perSample;
  private final boolean constant;
  private int at;

  private Buffer(Space space, String name, long size, boolean perSample, boolean constant, int at) {
    this.space = space;
    this.name = name;
    this.size = size;
    this.perSample = perSample;
    this.constant = constant;
    this.at = at;
  }

  /// An activation or gradient of `size` elements for each sample, placed later.
  public static Buffer perSample(Space space, String name, long size) {
    return new Buffer(space, name, size, true, false, -1);
  }

  /// Working memory of `size` elements whatever the batch, placed later.
  public static Buffer scratch(Space space, String name, long size) {
    return new Buffer(space, name, size, false, false, -1);
  }

  /// A place that is known already, such as a parameter.
  public static Buffer fixed(Space space, String name, int at, long size) {
    return new Buffer(space, name, size, false, false, at);
  }

  /// A parameter that stays as it is from run to run, so that kernels may prepare it once.
  public static Buffer constant(String name, int at, long size) {
    return new Buffer(Space.PARAMETERS, name, size, false, true, at);
  }

  /// The same, placed later.
  public static Buffer constant(String name, long size) {
    return new Buffer(Space.PARAMETERS, name, size, false, true, -1);
  }

  /// What a kernel makes of constants once, `size` elements, placed later.
  public static Buffer prepared(String name, long size) {
    return new Buffer(Space.PREPARED, name, size, false, false, -1);
  }

  /// What a plan makes of constants once, and what kernels may in turn prepare once.
  public static Buffer preparedConstant(String name, long size) {
    return new Buffer(Space.PREPARED, name, size, false, true, -1);
  }

  public Space space() {
    return space;
  }

  public String name() {
    return name;
  }

  /// Elements: of one sample, or of the whole if the batch does not matter.
  public long size() {
    return size;
  }

  public boolean isPerSample() {
    return perSample;
  }

  /// Whether the content stays as it is from run to run; [Kernel#once] may then be made of it.
  public boolean isConstant() {
    return constant;
  }

  /// Elements that a batch needs.
  public long size(int batch) {
    return perSample ? Math.multiplyExact(size, (long) batch) : size;
  }

  /// The first element.
  public int at() {
    assert at >= 0 : name + " has no place yet";
    return at;
  }

  /// Gives the buffer its place. Called once, by whoever plans memory.
  public void place(int offset) {
    this.at = offset;
  }

  @Override
  public String toString() {
    return name;
  }
}
