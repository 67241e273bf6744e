package dev.tarn.plan;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Workers;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Heap;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;

/// Pooling as a function, without a model: forward, backward and unpooling of single tensors.
///
/// ```java
/// Tensor y = Pooling.of(Pool.max(2)).forward(x);
/// ```
///
/// Tensors are `[N, C, spatial…]` with one to three spatial axes, in either layout; results have
/// the layout of what they are made from. Arguments are read, never written, and results never
/// share memory with them. An empty batch gives an empty result.
///
/// Immutable; may be used by several threads at once.
public final class Pooling {
  private final Pool pool;
  private final Engine engine;
  private final Workers workers;

  private Pooling(Pool pool, Engine engine, Workers workers) {
    this.pool = pool;
    this.engine = engine;
    this.workers = workers;
  }

  /// The pooling of this description, on the fastest engine and the calling thread.
  public static Pooling of(Pool pool) {
    return new Pooling(pool, Engines.best(), Workers.of(1));
  }

  /// Pools `x` as `pool` describes, on the calling thread: `pool(Pool.max(2), x)`.
  public static Tensor pool(Pool pool, Tensor x) {
    return of(pool).forward(x);
  }

  /// The same on another engine. All engines give the same bits.
  public Pooling engine(Engine other) {
    return new Pooling(pool, other, workers);
  }

  /// The same on several threads, which the caller owns. Any number gives the same bits.
  public Pooling workers(Workers others) {
    return new Pooling(pool, engine, others);
  }

  /// What this pooling was made of.
  public Pool pool() {
    return pool;
  }

  /// A result together with where it was found.
  ///
  /// @param output the pooled values
  /// @param indices for each of them the cell of its plane it was taken from
  public record Pooled(Tensor output, Indices indices) {}

  /// The pooled `x`.
  ///
  /// @param x `[N, C, spatial…]`
  /// @throws ShapeException if the pooling does not fit `x`
  public Tensor forward(Tensor x) {
    PoolGeometry geometry = geometry(x.shape(), x.layout());
    var run = new PoolRun(engine, workers, x.shape().size(0));
    Tensor y = empty(output(x.shape()), x.layout());
    run.run(
        new PoolProblem.Forward(
            geometry, pool.reduction(), run.read(x.array()), run.write(y.array()), null));
    return y;
  }

  /// The pooled `x` and where each maximum or minimum was found.
  ///
  /// @param x `[N, C, spatial…]`
  /// @throws ParameterException if the reduction selects no cell
  /// @throws ShapeException if the pooling does not fit `x`
  public Pooled forwardWithIndices(Tensor x) {
    requireIndices();
    PoolGeometry geometry = geometry(x.shape(), x.layout());
    var run = new PoolRun(engine, workers, x.shape().size(0));
    Tensor y = empty(output(x.shape()), x.layout());
    byte[] places = PoolIndices.room(geometry, y.shape());
    run.run(
        new PoolProblem.Forward(
            geometry,
            pool.reduction(),
            run.read(x.array()),
            run.write(y.array()),
            run.places(places)));
    return new Pooled(y, PoolIndices.indices(geometry, y.shape(), places));
  }

  /// The largest or smallest of whole numbers, exact in all 32 bits.
  ///
  /// @param x numbers of shape `[N, C, spatial…]` in logical order
  /// @throws ParameterException if the reduction is neither max nor min
  public Indices forward(Indices x) {
    requireIndices();
    PoolGeometry geometry = geometry(x.shape(), Layout.NCHW);
    return WholeNumbers.pool(
        geometry, pool.reduction() instanceof Reduction.Max, x, output(x.shape()));
  }

  /// The gradient by `x`, from the gradient by the output.
  ///
  /// @param x what was pooled
  /// @param gradY of the output's shape
  /// @return of the shape and layout of `x`
  /// @throws ShapeException if `gradY` has not the output's shape
  public Tensor backward(Tensor x, Tensor gradY) {
    PoolGeometry geometry = geometry(x.shape(), x.layout());
    Reduction reduction = pool.reduction();
    Shape shape = output(x.shape());
    require("gradY", gradY.shape(), shape);
    boolean values = PoolProblem.Backward.needsValues(reduction);
    boolean places = PoolProblem.Backward.needsArgmax(reduction);
    var run = new PoolRun(engine, workers, x.shape().size(0));
    Tensor gradX = empty(x.shape(), x.layout());
    if (values || places) {
      Tensor y = empty(shape, x.layout());
      var xs = run.read(x.array());
      var ys = run.write(y.array());
      var argmax = places ? run.places(PoolIndices.room(geometry, shape)) : null;
      run.run(new PoolProblem.Forward(geometry, reduction, xs, ys, argmax));
      var from = run.read(gradY.to(x.layout()).array());
      run.run(
          new PoolProblem.Backward(
              geometry,
              reduction,
              from,
              run.write(gradX.array()),
              values ? xs : null,
              values ? run.read(y.array()) : null,
              argmax));
    } else {
      var from = run.read(gradY.to(x.layout()).array());
      var to = run.write(gradX.array());
      run.run(new PoolProblem.Backward(geometry, reduction, from, to, null, null, null));
    }
    return gradX;
  }

  /// The gradient of max or min pooling, from where its extrema were found.
  ///
  /// @param input the shape of what was pooled
  /// @param indices from [#forwardWithIndices]; each has to lie in its window
  /// @param gradY of the output's shape
  /// @return of shape `input`, in the layout of `gradY`
  /// @throws ParameterException if an index lies outside its plane or its window, or the reduction
  ///   selects no single cell
  /// @throws ShapeException if `indices` or `gradY` have not the output's shape
  public Tensor backward(Shape input, Indices indices, Tensor gradY) {
    requireIndices();
    if (!PoolProblem.Backward.needsArgmax(pool.reduction())) {
      throw new ParameterException(
          "%s: ties are SPLIT, which indices cannot express. Call backward(x, gradY), or use FIRST."
              .formatted(where()));
    }
    PoolGeometry geometry = geometry(input, gradY.layout());
    Shape shape = output(input);
    require("indices", indices.shape(), shape);
    require("gradY", gradY.shape(), shape);
    byte[] places = PoolIndices.places(where(), geometry, indices);
    var run = new PoolRun(engine, workers, input.size(0));
    Tensor gradX = empty(input, gradY.layout());
    run.run(
        new PoolProblem.Backward(
            geometry,
            pool.reduction(),
            run.read(gradY.array()),
            run.write(gradX.array()),
            null,
            null,
            run.places(places)));
    return gradX;
  }

  /// Puts values back where max or min pooling took them from; every other cell is 0, and of
  /// several values for one cell the last in row-major order stays.
  ///
  /// @param values of the pooling's output shape
  /// @param indices from [#forwardWithIndices]; each has to lie in its window
  /// @param shape of the result: that of what was pooled
  public Tensor unpool(Tensor values, Indices indices, Shape shape) {
    return unpool(values, indices, shape, Duplicates.LAST);
  }

  /// As [#unpool(Tensor, Indices, Shape)], with a rule for several values that go to one cell.
  public Tensor unpool(Tensor values, Indices indices, Shape shape, Duplicates duplicates) {
    requireIndices();
    PoolGeometry geometry = geometry(shape, values.layout());
    require("values", values.shape(), output(shape));
    require("indices", indices.shape(), output(shape));
    byte[] places = PoolIndices.places(where(), geometry, indices);
    var run = new PoolRun(engine, workers, shape.size(0));
    Tensor y = empty(shape, values.layout());
    run.run(
        new PoolProblem.Unpool(
            geometry,
            duplicates,
            run.read(values.array()),
            run.places(places),
            run.write(y.array())));
    return y;
  }

  /// The gradient of [#unpool] by its values, from the gradient by its result.
  ///
  /// @param gradY of the unpooled shape
  /// @param indices those that were unpooled with
  public Tensor unpoolBackward(Tensor gradY, Indices indices, Duplicates duplicates) {
    requireIndices();
    PoolGeometry geometry = geometry(gradY.shape(), gradY.layout());
    Shape shape = output(gradY.shape());
    require("indices", indices.shape(), shape);
    byte[] places = PoolIndices.places(where(), geometry, indices);
    var run = new PoolRun(engine, workers, shape.size(0));
    Tensor gradX = empty(shape, gradY.layout());
    run.run(
        new PoolProblem.UnpoolBackward(
            geometry,
            duplicates,
            run.read(gradY.array()),
            run.places(places),
            run.write(gradX.array())));
    return gradX;
  }

  /// Spreads every value over its region; a cell of several regions gets their mean, a cell of none
  /// gets 0.
  ///
  /// @param values of the pooling's output shape
  /// @param shape of the result: that of what was pooled
  public Tensor spread(Tensor values, Shape shape) {
    PoolGeometry geometry = geometry(shape, values.layout());
    require("values", values.shape(), output(shape));
    var run = new PoolRun(engine, workers, shape.size(0));
    Tensor y = empty(shape, values.layout());
    run.run(new PoolProblem.Spread(geometry, run.read(values.array()), run.write(y.array())));
    return y;
  }

  /// The gradient of [#spread] by its values, from the gradient by its result.
  public Tensor spreadBackward(Tensor gradY) {
    PoolGeometry geometry = geometry(gradY.shape(), gradY.layout());
    var run = new PoolRun(engine, workers, gradY.shape().size(0));
    Tensor gradX = empty(output(gradY.shape()), gradY.layout());
    run.run(
        new PoolProblem.SpreadBackward(
            geometry, run.read(gradY.array()), run.write(gradX.array())));
    return gradX;
  }

  private String where() {
    return "pooling (%s)".formatted(pool);
  }

  private void requireIndices() {
    switch (pool.reduction()) {
      case Reduction.Max max -> {}
      case Reduction.Min min -> {}
      default ->
          throw new ParameterException(
              "%s: the reduction is %s, which selects no cell; needed max or min."
                  .formatted(where(), pool.reduction()));
    }
  }

  private void require(String what, Shape got, Shape needed) {
    if (!got.equals(needed)) {
      throw new ShapeException(
          "%s: %s has shape %s; expected %s.".formatted(where(), what, got, needed));
    }
  }

  private PoolGeometry geometry(Shape x, Layout layout) {
    if (x.rank() < 3 || x.rank() > 5) {
      throw new ShapeException(
          "%s: shape %s has %d axes; needed 3 to 5: [N, C, spatial…] with 1 to 3 spatial axes."
              .formatted(where(), x, x.rank()));
    }
    x.arraySize();
    try {
      return PoolGeometry.of(x.size(1), layout, pool.spans(x.sample()));
    } catch (TarnException e) {
      throw e.at(where());
    }
  }

  private Shape output(Shape x) {
    Shape sample;
    try {
      sample = pool.outputShape(List.of(x.sample()));
    } catch (TarnException e) {
      throw e.at(where());
    }
    return sample.batch(x.size(0));
  }

  private static Tensor empty(Shape shape, Layout layout) {
    return Tensor.of(shape, layout, Heap.floats(shape.arraySize(), "pooling: tensor " + shape));
  }
}
