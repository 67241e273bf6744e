package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The settings of one node. Every one is read with its type, and [#requireAllRead] refuses those
/// that nobody asked for: nothing a file says is ignored.
final class Attributes {
  private static final int A_FLOAT = 1;
  private static final int AN_INT = 2;
  private static final int A_STRING = 3;
  private static final int A_TENSOR = 4;
  private static final int FLOATS = 6;
  private static final int INTS = 7;
  private static final List<String> KINDS =
      List.of(
          "nothing",
          "a float",
          "an int",
          "a string",
          "a tensor",
          "a graph",
          "floats",
          "ints",
          "strings",
          "tensors",
          "graphs");

  private final Map<String, AttributeProto> all = new HashMap<>();
  private final Set<String> read = new HashSet<>();

  Attributes(NodeProto node) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (!attribute.getRefAttrName().isEmpty()) {
        throw new UnsupportedException(
            "attribute \"%s\" refers to a function's; functions are not supported."
                .formatted(quote(attribute.getName())));
      }
      if (all.put(attribute.getName(), attribute) != null) {
        throw new FormatException(
            "attribute \"%s\" is there twice; expected it once."
                .formatted(quote(attribute.getName())));
      }
    }
  }

  boolean has(String name) {
    return all.containsKey(name);
  }

  private @Nullable AttributeProto get(String name, int type) {
    AttributeProto attribute = all.get(name);
    read.add(name);
    if (attribute != null && attribute.getType() != type) {
      int got = attribute.getType();
      throw new FormatException(
          "attribute %s is %s; expected %s."
              .formatted(
                  name,
                  got >= 0 && got < KINDS.size() ? KINDS.get(got) : "of type " + got,
                  KINDS.get(type)));
    }
    return attribute;
  }

  private static FormatException missing(String name) {
    return new FormatException("attribute %s is missing; the operator needs it.".formatted(name));
  }

  long whole(String name, long missing) {
    AttributeProto attribute = get(name, AN_INT);
    return attribute == null ? missing : attribute.getI();
  }

  /// A whole number from `least` to `most`.
  int within(String name, long missing, long least, long most) {
    long value = whole(name, missing);
    if (value < least || value > most) {
      throw new FormatException(
          "attribute %s is %d; expected %d to %d.".formatted(name, value, least, most));
    }
    return (int) value;
  }

  boolean flag(String name, boolean missing) {
    return within(name, missing ? 1 : 0, 0, 1) == 1;
  }

  double real(String name, double missing) {
    AttributeProto attribute = get(name, A_FLOAT);
    return attribute == null ? missing : attribute.getF();
  }

  double real(String name) {
    AttributeProto attribute = get(name, A_FLOAT);
    if (attribute == null) {
      throw missing(name);
    }
    return attribute.getF();
  }

  /// One of these words.
  String word(String name, String missing, String... possible) {
    AttributeProto attribute = get(name, A_STRING);
    String word = attribute == null ? missing : attribute.getS().toStringUtf8();
    if (!List.of(possible).contains(word)) {
      throw new FormatException(
          "attribute %s is \"%s\"; expected %s."
              .formatted(name, quote(word), String.join(", ", possible)));
    }
    return word;
  }

  @Nullable List<Long> wholes(String name) {
    AttributeProto attribute = get(name, INTS);
    return attribute == null ? null : attribute.getIntsList();
  }

  @Nullable List<Float> reals(String name) {
    AttributeProto attribute = get(name, FLOATS);
    return attribute == null ? null : attribute.getFloatsList();
  }

  /// Numbers of cells, each from `least` on.
  @Nullable List<Integer> cells(String name, int least) {
    List<Long> wholes = wholes(name);
    if (wholes == null) {
      return null;
    }
    List<Integer> cells = new ArrayList<>();
    for (long cell : wholes) {
      if (cell < least || cell > Integer.MAX_VALUE) {
        throw new FormatException(
            "attribute %s is %s; expected numbers from %d to %d."
                .formatted(name, quote(wholes.toString()), least, Integer.MAX_VALUE));
      }
      cells.add((int) cell);
    }
    return cells;
  }

  /// Numbers of cells that must be there.
  List<Integer> requiredCells(String name, int least) {
    List<Integer> cells = cells(name, least);
    if (cells == null) {
      throw missing(name);
    }
    return cells;
  }

  @Nullable TensorProto tensor(String name) {
    AttributeProto attribute = get(name, A_TENSOR);
    return attribute == null ? null : attribute.getT();
  }

  /// Marks settings that do not change what is computed.
  void pass(String... names) {
    read.addAll(List.of(names));
  }

  void requireAllRead() {
    for (String name : all.keySet()) {
      if (!read.contains(name)) {
        throw new UnsupportedException(
            "attribute \"%s\" is not known for this operator and version.".formatted(quote(name)));
      }
    }
  }
}
