package dev.tarn.io.numpy;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.ElementType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the header of an .npy file says.
///
/// The header is a Python dictionary. NumPy evaluates it as Python; this reads the tiny part of the
/// grammar that NumPy writes: `{'descr': 'text', 'fortran_order': True | False, 'shape': (1, 2)}`.
///
/// @param type the elements
/// @param order their byte order
/// @param axes which axis varies fastest
/// @param shape sizes, not yet compared with the bytes that are there
record NpyHeader(ElementType type, ByteOrder order, Axes axes, List<Long> shape) {
  /// The order of the elements.
  enum Axes {
    /// The last axis varies fastest.
    C,
    /// The first axis varies fastest.
    FORTRAN
  }

  private static final Map<String, ElementType> TYPES =
      Map.ofEntries(
          Map.entry("f8", ElementType.F64),
          Map.entry("f4", ElementType.F32),
          Map.entry("f2", ElementType.F16),
          Map.entry("i8", ElementType.I64),
          Map.entry("i4", ElementType.I32),
          Map.entry("i2", ElementType.I16),
          Map.entry("i1", ElementType.I8),
          Map.entry("u8", ElementType.U64),
          Map.entry("u4", ElementType.U32),
          Map.entry("u2", ElementType.U16),
          Map.entry("u1", ElementType.U8),
          Map.entry("b1", ElementType.BOOL));

  static NpyHeader parse(Cursor file, long headerAt, String text) {
    return new Parser(file, headerAt, text).header();
  }

  /// A recursive-descent parser without recursion: the grammar has none.
  private static final class Parser {
    private static final int MOST_DIGITS = 18;
    private final Cursor file;
    private final long headerAt;
    private final String text;
    private int at;

    Parser(Cursor file, long headerAt, String text) {
      this.file = file;
      this.headerAt = headerAt;
      this.text = text;
    }

    NpyHeader header() {
      String type = null;
      Axes axes = null;
      List<Long> shape = null;
      expect('{');
      while (!taken('}')) {
        String key = quoted("a key");
        expect(':');
        switch (key) {
          case "descr" -> {
            requireFirst(type, key);
            type = type();
          }
          case "fortran_order" -> {
            requireFirst(axes, key);
            axes = axes();
          }
          case "shape" -> {
            requireFirst(shape, key);
            shape = shape();
          }
          default ->
              throw fault("the key '%s'".formatted(key), "descr, fortran_order and shape only");
        }
        if (!taken(',')) {
          expect('}');
          break;
        }
      }
      blanks();
      if (at != text.length()) {
        throw fault("more after the closing brace", "its end");
      }
      if (type == null || axes == null || shape == null) {
        throw fault(
            "a dictionary that lacks %s"
                .formatted(type == null ? "descr" : axes == null ? "fortran_order" : "shape"),
            "descr, fortran_order and shape");
      }
      return header(type, axes, shape);
    }

    private NpyHeader header(String descr, Axes axes, List<Long> shape) {
      char order = descr.isEmpty() ? ' ' : descr.charAt(0);
      ElementType type = "<>|".indexOf(order) < 0 ? null : TYPES.get(descr.substring(1));
      if (descr.contains("O")) {
        throw new UnsafeException(
            "%s: byte %d: the array holds Python objects (descr '%s'), which only running code from the file could read. Save it as float32."
                .formatted(file.name(), headerAt, dev.tarn.error.TarnException.quote(descr)));
      }
      if (type == null || (order == '|') != (type.bytes() == 1)) {
        throw unsupported("descr '%s'".formatted(dev.tarn.error.TarnException.quote(descr)));
      }
      return new NpyHeader(
          type, order == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, axes, shape);
    }

    private void requireFirst(@Nullable Object before, String key) {
      if (before != null) {
        throw fault("'%s' twice".formatted(key), "each key once");
      }
    }

    private String type() {
      blanks();
      if (at < text.length() && text.charAt(at) == '[') {
        throw text.contains("O'") || text.contains("O\"")
            ? new UnsafeException(
                "%s: byte %d: a structured array that holds Python objects, which only running code from the file could read. Save it as float32."
                    .formatted(file.name(), headerAt))
            : unsupported("a structured array");
      }
      return quoted("a type");
    }

    private Axes axes() {
      if (taken("True")) {
        return Axes.FORTRAN;
      }
      if (taken("False")) {
        return Axes.C;
      }
      throw fault(here(), "True or False");
    }

    private List<Long> shape() {
      var sizes = new ArrayList<Long>();
      expect('(');
      while (!taken(')')) {
        sizes.add(size());
        if (!taken(',')) {
          if (sizes.size() == 1) {
            throw fault(here(), "a comma: (%d,)".formatted(sizes.getFirst()));
          }
          expect(')');
          break;
        }
      }
      return sizes;
    }

    private long size() {
      blanks();
      int from = at;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
      String digits = text.substring(from, at);
      if (digits.isEmpty() || (digits.length() > 1 && digits.startsWith("0"))) {
        at = from;
        throw fault(here(), "a size, which is a whole number of at least 0");
      }
      if (digits.length() > MOST_DIGITS) {
        throw fault("a size of %d digits".formatted(digits.length()), "at most " + MOST_DIGITS);
      }
      return Long.parseLong(digits);
    }

    private String quoted(String what) {
      blanks();
      char quote = at < text.length() ? text.charAt(at) : ' ';
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
        throw fault(here(), what + " in quotes");
      }
      String inside = text.substring(at + 1, end);
      at = end + 1;
      return inside;
    }

    private void expect(char c) {
      if (!taken(c)) {
        throw fault(here(), String.valueOf(c));
      }
    }

    private boolean taken(char c) {
      return taken(String.valueOf(c));
    }

    private boolean taken(String word) {
      blanks();
      boolean there = text.startsWith(word, at);
      at += there ? word.length() : 0;
      return there;
    }

    private void blanks() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
        at++;
      }
    }

    private String here() {
      return at >= text.length()
          ? "its end"
          : "\"%s\"".formatted(text.substring(at, Math.min(text.length(), at + 20)));
    }

    private FormatException fault(String found, String expected) {
      file.seek(headerAt + at, "header");
      return file.malformed("header", "not NumPy's: found " + found, expected);
    }

    private UnsupportedException unsupported(String what) {
      return new UnsupportedException(
          "%s: byte %d: %s is not supported; f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1 are. Save it with .astype('float32')."
              .formatted(file.name(), headerAt, what));
    }
  }
}
