package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.util.ArrayList;
import java.util.List;

/// An array of an HDF5 file: its sizes, and its numbers as float32.
public final class Hdf5Array {
  private static final int BLOCK = 1 << 18;
  private static final int COMPACT = 0;
  private static final int CONTIGUOUS = 1;
  private static final int CHUNKED = 2;
  private static final int VIRTUAL = 3;

  private final Hdf5File file;
  private final String where;
  private final List<Long> sizes;
  private final long elements;
  private final Datatype.Numeric type;
  private final Values values;

  /// Where the numbers are.
  private sealed interface Values {
    record Stored(Cursor data) implements Values {}

    record Chunked(Chunks chunks) implements Values {}
  }

  /// Takes numbers in their order in the file.
  public interface Block {
    /// @param values the first `count` count; the array is used again
    /// @param first place of the first in the whole array
    void accept(float[] values, long first, int count);
  }

  Hdf5Array(Hdf5File file, String path, long at) {
    this.file = file;
    this.where = "%s: %s".formatted(file.name(), quote(path));
    ObjectHeader header = file.header(at, path);
    if (header.first(ObjectHeader.EXTERNAL_FILES).isPresent()) {
      throw new UnsafeException(
          where + " keeps its values in other files; only what lies in the file itself is read.");
    }
    this.sizes =
        Dataspace.read(header.only(ObjectHeader.DATASPACE, "dataspace", file, path)).sizes();
    this.elements = new Dataspace(sizes).elements(where);
    Datatype found =
        Datatype.read(header.only(ObjectHeader.DATATYPE, "datatype", file, path), where);
    if (!(found instanceof Datatype.Numeric number)) {
      throw new FormatException(where + " holds texts; expected numbers.");
    }
    this.type = number;
    this.values = values(header.only(ObjectHeader.LAYOUT, "layout", file, path), header);
  }

  private Values values(Cursor layout, ObjectHeader header) {
    int version = layout.u8("layout version");
    int kind = version < 3 ? -1 : layout.u8("kind of layout");
    if (kind == VIRTUAL) {
      throw new UnsafeException(
          where + " is made of other arrays; only what lies in the file itself is read.");
    }
    if (version != 3 || kind > VIRTUAL) {
      throw new UnsupportedException(
          "%s has a layout of version %d, kind %d; version 3 is supported. Write the file without libver=\"latest\"."
              .formatted(where, version, kind));
    }
    return switch (kind) {
      case COMPACT -> {
        int bytes = layout.u16("size of values");
        requireBytes(bytes);
        yield new Values.Stored(layout.part(layout.position(), bytes, "values"));
      }
      case CONTIGUOUS -> {
        long address = layout.i64("address of values");
        long bytes = layout.u63("size of values");
        requireBytes(bytes);
        if (address == Hdf5File.UNDEFINED && elements > 0) {
          throw new FormatException(
              "%s %s has no values: they were never written. Save the network again."
                  .formatted(where, sizes));
        }
        yield new Values.Stored(file.part(elements == 0 ? 0 : address, bytes, "values"));
      }
      case CHUNKED -> new Values.Chunked(Chunks.read(file, where, layout, header, this));
      default -> throw new IllegalStateException("refused above");
    };
  }

  private void requireBytes(long bytes) {
    if (elements > file.size() || bytes != elements * type.size()) {
      throw new FormatException(
          "%s %s has %d bytes of values; expected %d values of %d bytes."
              .formatted(where, sizes, bytes, elements, type.size()));
    }
  }

  /// File and path, for messages.
  public String where() {
    return where;
  }

  /// Size per axis; none for a single number.
  public List<Long> sizes() {
    return sizes;
  }

  /// How many numbers there are.
  public long elements() {
    return elements;
  }

  Datatype.Numeric type() {
    return type;
  }

  /// All numbers, block by block.
  public void forEachBlock(Block block) {
    switch (values) {
      case Values.Stored(Cursor data) -> {
        Cursor at = data.part(0, data.size(), "values").order(type.order());
        float[] into = new float[(int) Math.min(BLOCK, elements)];
        for (long done = 0; done < elements; ) {
          int now = (int) Math.min(into.length, elements - done);
          type.type().floats(at, into, 0, now, where);
          block.accept(into, done, now);
          done += now;
        }
      }
      case Values.Chunked(Chunks chunks) -> {
        float[] all = chunks.floats();
        block.accept(all, 0, all.length);
      }
    }
  }

  /// All numbers, for arrays that are small.
  ///
  /// @throws LimitException if there are more than `most`
  public float[] floats(int most) {
    if (elements > most) {
      throw new LimitException(
          "%s %s has %d values; at most %d are read.".formatted(where, sizes, elements, most));
    }
    float[] all = new float[(int) elements];
    forEachBlock((values, first, count) -> System.arraycopy(values, 0, all, (int) first, count));
    return all;
  }

  @Override
  public String toString() {
    return "%s %s".formatted(where, new ArrayList<>(sizes));
  }
}
