package dev.tarn.io.onnx;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// All operators that are read, by family.
final class Operators {
  /// The names of all of them.
  static final Set<String> NAMES = names();

  private Operators() {}

  private static Set<String> names() {
    Set<String> names = new HashSet<>();
    for (Set<String> family :
        List.of(
            WindowOperators.NAMES,
            MatrixOperators.NAMES,
            NormOperators.NAMES,
            ElementOperators.NAMES,
            ReduceOperators.NAMES,
            ShapeOperators.NAMES,
            SelectOperators.NAMES,
            ResizeOperators.NAMES)) {
      names.addAll(family);
    }
    return Set.copyOf(names);
  }

  /// What the outputs of a node are.
  static List<Value> read(Call call) {
    String name = call.operator();
    if (WindowOperators.NAMES.contains(name)) {
      return WindowOperators.read(call);
    }
    if (MatrixOperators.NAMES.contains(name)) {
      return List.of(MatrixOperators.read(call));
    }
    if (NormOperators.NAMES.contains(name)) {
      return NormOperators.read(call);
    }
    if (ElementOperators.NAMES.contains(name)) {
      return List.of(ElementOperators.read(call));
    }
    if (ReduceOperators.NAMES.contains(name)) {
      return List.of(ReduceOperators.read(call));
    }
    if (ShapeOperators.NAMES.contains(name)) {
      return ShapeOperators.read(call);
    }
    return SelectOperators.NAMES.contains(name)
        ? SelectOperators.read(call)
        : List.of(ResizeOperators.read(call));
  }
}
