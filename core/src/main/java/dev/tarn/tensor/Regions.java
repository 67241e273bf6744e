package dev.tarn.tensor;

import dev.tarn.error.ShapeException;
import java.util.List;
import java.util.stream.IntStream;

/// Which values of a plane a pooling layer condenses into one: the right-hand factor of *reduction
/// × regions*.
public sealed interface Regions {
  /// A window that slides.
  ///
  /// @param window kernel, stride, dilation, padding and rounding
  record Sliding(Window window) implements Regions {
    @Override
    public Spans spans(int axis, int axes, int size) {
      return window.spans(axis, axes, size).requireCells(axis);
    }

    @Override
    public String toString() {
      return window.toString();
    }
  }

  /// As many regions as the output shall have: region `i` is `⌊i·n/o⌋ … ⌈(i+1)·n/o⌉` (PyTorch,
  /// Keras).
  ///
  /// @param sizes outputs per spatial axis, or one number for all; at least 1
  record Adaptive(List<Integer> sizes) implements Regions {
    public Adaptive {
      sizes = List.copyOf(sizes);
      Window.requireAtLeast("adaptive output size", 1, sizes);
    }

    @Override
    public Spans spans(int axis, int axes, int size) {
      int outputs = Window.at(sizes, axis, axes, "adaptive output size");
      return Spans.adaptive(size, outputs);
    }

    @Override
    public String toString() {
      return "to " + Window.describe(sizes);
    }
  }

  /// As many outputs as wanted from windows of one size, `⌈n/o⌉` cells with that stride, padded
  /// evenly: the rule of Caffe's spatial pyramid pooling.
  ///
  /// @param sizes outputs per spatial axis, or one number for all; at least 1
  record Even(List<Integer> sizes) implements Regions {
    public Even {
      sizes = List.copyOf(sizes);
      Window.requireAtLeast("even output size", 1, sizes);
    }

    @Override
    public Spans spans(int axis, int axes, int size) {
      int outputs = Window.at(sizes, axis, axes, "even output size");
      int kernel = (int) (((long) size + outputs - 1) / outputs);
      long padding = ((long) kernel * outputs - size + 1) / 2;
      long after = (long) kernel * outputs - size - padding;
      return Spans.sliding(size, kernel, kernel, 1, padding, after, outputs).requireCells(axis);
    }

    @Override
    public String toString() {
      return "to " + Window.describe(sizes) + " even windows";
    }
  }

  /// The whole plane.
  record Global() implements Regions {
    @Override
    public Spans spans(int axis, int axes, int size) {
      return Spans.adaptive(size, 1);
    }

    @Override
    public String toString() {
      return "global";
    }
  }

  static Regions sliding(Window window) {
    return new Sliding(window);
  }

  static Regions adaptive(int... sizes) {
    return new Adaptive(IntStream.of(sizes).boxed().toList());
  }

  static Regions global() {
    return new Global();
  }

  /// Resolves the rule on one spatial axis; every region holds at least one cell.
  ///
  /// @param axis which spatial axis, counted from 0
  /// @param axes how many the input has
  /// @param size cells of that axis, at least 1
  /// @throws ShapeException if the rule does not fit the input
  Spans spans(int axis, int axes, int size);
}
