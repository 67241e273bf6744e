package dev.tarn.io.safetensors;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.ElementType;
import dev.tarn.io.binary.Source;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// The arrays of a safetensors file. The header is read and checked completely at once, values when
/// asked for.
///
/// The file is 8 bytes header length, a JSON header `{"name": {"dtype", "shape", "data_offsets"},
/// …}`, and the values, little-endian, row-major, without gaps or overlaps
/// (https://github.com/huggingface/safetensors, "Format"). Checked strictly: unique names, every
/// byte of the data belongs to exactly one array, sizes match shapes. Any float or integer type
/// becomes float32 as [ElementType] says; 8-bit floats and smaller are [UnsupportedException] when
/// asked for.
public final class SafeTensors {
  /// The longest header that is read, in bytes.
  public static final long LONGEST_HEADER = 25_000_000;

  private static final Map<String, Integer> UNREAD_BITS =
      Map.of(
          "F4",
          4,
          "F6_E2M3",
          6,
          "F6_E3M2",
          6,
          "F8_E4M3",
          8,
          "F8_E5M2",
          8,
          "F8_E8M0",
          8,
          "F8_E4M3FNUZ",
          8,
          "F8_E5M2FNUZ",
          8,
          "C64",
          64);

  private record Entry(String type, List<Long> shape, long begin, long end) {
    long bits() {
      Integer unread = UNREAD_BITS.get(type);
      return unread != null ? unread : 8L * ElementType.valueOf(type).bytes();
    }
  }

  private final Cursor data;
  private final SequencedMap<String, Entry> entries;
  private final SequencedMap<String, String> metadata;

  private SafeTensors(
      Cursor data, SequencedMap<String, Entry> entries, SequencedMap<String, String> metadata) {
    this.data = data;
    this.entries = entries;
    this.metadata = metadata;
  }

  /// Reads the header of a file that is the whole of `source`.
  public static SafeTensors read(Source source) {
    return read(Cursor.of(source));
  }

  /// Reads the header of a file that goes from `cursor` to its end.
  ///
  /// @throws FormatException if anything in it does not fit
  public static SafeTensors read(Cursor cursor) {
    long length = cursor.u63("header length");
    if (length > cursor.remaining()) {
      cursor.seek(0, "start");
      throw cursor.malformed(
          "header length",
          length + " bytes",
          "at most %d, what the file has left".formatted(cursor.size() - 8));
    }
    if (length > LONGEST_HEADER) {
      throw cursor.tooMuch("header length", length, LONGEST_HEADER, "bytes");
    }
    long headerAt = cursor.position();
    String header = cursor.utf8((int) length, "header");
    Cursor data = cursor.part(headerAt + length, cursor.remaining(), "data");
    if (!header.startsWith("{")) {
      cursor.seek(headerAt, "header");
      throw cursor.malformed(
          "header",
          header.isEmpty() ? "empty" : "a text that starts with " + header.charAt(0),
          "{");
    }
    JsonCursor root = JsonCursor.parse(cursor.name() + " header", header);
    var metadata = new LinkedHashMap<String, String>();
    var entries = new LinkedHashMap<String, Entry>();
    root.members()
        .forEach((name, value) -> {
          if (name.equals("__metadata__")) {
            value.members().forEach((key, text) -> metadata.put(key, text.text()));
          } else {
            entries.put(name, entry(value));
          }
        });
    requireTiled(cursor.name(), entries, data.size());
    return new SafeTensors(
        data,
        Collections.unmodifiableSequencedMap(entries),
        Collections.unmodifiableSequencedMap(metadata));
  }

  private static Entry entry(JsonCursor at) {
    at.only("dtype", "shape", "data_offsets");
    String type = at.get("dtype").text();
    boolean known =
        UNREAD_BITS.containsKey(type)
            || List.of(ElementType.values()).stream().anyMatch(e -> e.name().equals(type));
    if (!known) {
      throw at.get("dtype").malformed("is \"" + type + "\"", "a type safetensors defines");
    }
    List<Long> shape = at.get("shape").list(size -> size.whole(0, Long.MAX_VALUE));
    List<Long> offsets = at.get("data_offsets").list(o -> o.whole(0, Long.MAX_VALUE));
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw at.get("data_offsets").malformed("is " + offsets, "[begin, end] with begin ≤ end");
    }
    var entry = new Entry(type, shape, offsets.get(0), offsets.get(1));
    long bits;
    try {
      bits = shape.contains(0L) ? 0 : shape.stream().reduce(entry.bits(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw at.get("shape").malformed("is %s: its bytes exceed 2^63".formatted(shape), "less");
    }
    if (bits % 8 != 0 || bits / 8 != entry.end - entry.begin) {
      throw at.malformed(
          "has %d bytes of data".formatted(entry.end - entry.begin),
          "%s for %s of shape %s".formatted(bits % 8 == 0 ? bits / 8 : bits + "/8", type, shape));
    }
    return entry;
  }

  /// Every byte of the data belongs to exactly one array: no gaps, overlaps or hidden bytes at the
  /// end.
  private static void requireTiled(String file, Map<String, Entry> entries, long size) {
    var inOrder = new ArrayList<>(entries.entrySet());
    inOrder.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin)
            .thenComparingLong(e -> e.getValue().end));
    long at = 0;
    for (var named : inOrder) {
      Entry entry = named.getValue();
      if (entry.begin != at) {
        throw new FormatException(
            "%s: data of \"%s\" begins at %d; expected %d, where the data before it ends: no %s."
                .formatted(
                    file,
                    quote(named.getKey()),
                    entry.begin,
                    at,
                    entry.begin < at ? "overlap" : "gap"));
      }
      if (entry.end > size) {
        throw new FormatException(
            "%s: data of \"%s\" ends at %d; expected at most %d, what the file has. It is cut off or damaged."
                .formatted(file, quote(named.getKey()), entry.end, size));
      }
      at = entry.end;
    }
    if (at != size) {
      throw new FormatException(
          "%s: %d bytes of data after the last array; expected none.".formatted(file, size - at));
    }
  }

  /// The names of all arrays, in the order of the header.
  public SequencedSet<String> names() {
    return entries.sequencedKeySet();
  }

  /// The header's `__metadata__`.
  public SequencedMap<String, String> metadata() {
    return metadata;
  }

  /// The type of an array as the header names it: `F32`, `BF16`, …
  public String type(String name) {
    return entry(name).type;
  }

  /// The shape of an array.
  ///
  /// @throws LimitException if it has more elements than a tensor can have
  public Shape shape(String name) {
    Entry entry = entry(name);
    if (entry.shape.size() > 8) {
      throw new UnsupportedException(
          "%s: \"%s\" has %d axes; at most 8 are supported."
              .formatted(data.name(), quote(name), entry.shape.size()));
    }
    for (long size : entry.shape) {
      if (size > Shape.MOST_ELEMENTS) {
        throw new LimitException(
            "%s: \"%s\" has shape %s; one axis holds at most %d."
                .formatted(data.name(), quote(name), entry.shape, Shape.MOST_ELEMENTS));
      }
    }
    return Shape.of(entry.shape.stream().mapToInt(Math::toIntExact).toArray());
  }

  /// The values of an array as float32.
  public Tensor tensor(String name) {
    Shape shape = shape(name);
    ElementType type = elements(name);
    float[] values = new float[shape.arraySize()];
    type.floats(cursor(name), values, field(name));
    return Tensor.of(shape, values);
  }

  /// Copies the values of an array as float32 to `to[at…]`, without another copy in memory.
  public void copy(String name, float[] to, int at) {
    int count = shape(name).arraySize();
    Objects.checkFromIndexSize(at, count, to.length);
    elements(name).floats(cursor(name), to, at, count, field(name));
  }

  /// The values of an array as float64, which is exact for all types read but large integers.
  public double[] doubles(String name) {
    double[] values = new double[shape(name).arraySize()];
    elements(name).doubles(cursor(name), values, field(name));
    return values;
  }

  /// The values of an array of whole numbers.
  public long[] longs(String name) {
    long[] values = new long[shape(name).arraySize()];
    elements(name).longs(cursor(name), values, field(name));
    return values;
  }

  private Cursor cursor(String name) {
    Entry entry = entry(name);
    return data.part(entry.begin, entry.end - entry.begin, field(name));
  }

  private static String field(String name) {
    return "\"" + quote(name) + "\"";
  }

  private ElementType elements(String name) {
    String type = type(name);
    if (UNREAD_BITS.containsKey(type)) {
      throw new UnsupportedException(
          "%s: \"%s\" is of type %s, which is not supported. Convert it to F16, BF16 or F32."
              .formatted(data.name(), quote(name), type));
    }
    return ElementType.valueOf(type);
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new ParameterException(
          "%s: there is no array \"%s\"; there are %s."
              .formatted(data.name(), quote(name), quote(entries.keySet().toString())));
    }
    return entry;
  }
}
