package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.io.binary.BinaryWriter;
import dev.tarn.io.store.Content;
import dev.tarn.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Writes an HDF5 file of groups, texts and float32 arrays, with the classic structures that every
/// version of the HDF5 library reads. The same content gives the same bytes.
///
/// Fill the groups, then use the writer as the content of a file.
public final class Hdf5Writer implements Content {
  private static final int SUPERBLOCK_BYTES = 96;
  private static final int TREE_K = 16;
  private static final int TREE_BYTES = 24 + 8 * (4 * TREE_K + 1);
  private static final int HEAP_HEADER_BYTES = 32;
  private static final int ENTRY_BYTES = 40;
  private static final int LEAST_LEAF_K = 4;
  private static final int MOST_LEAF_K = 1 << 14;
  private static final int ARRAY_HEADER_BYTES = 16;
  private static final int LEAST_GLOBAL_HEAP = 4096;
  private static final int LONGEST_MESSAGE = 64_000;
  private static final long UNDEFINED = -1;

  private final Group root = new Group();

  /// An empty file.
  public Hdf5Writer() {}

  /// A group that is being filled.
  public static final class Group {
    private final SequencedMap<String, String> texts = new LinkedHashMap<>();
    private final SequencedMap<String, List<String>> lists = new LinkedHashMap<>();
    private final TreeMap<String, Member> members = new TreeMap<>(Group::compareBytes);

    private Group() {}

    /// The group of this name, which is made if it is not there.
    ///
    /// @throws ParameterException if an array has this name
    public Group group(String name) {
      Member member = members.computeIfAbsent(named(name), n -> new Member.Sub(new Group()));
      if (member instanceof Member.Sub(Group group)) {
        return group;
      }
      throw new ParameterException("HDF5: \"%s\" is an array already.".formatted(quote(name)));
    }

    /// Adds an array.
    ///
    /// @throws ParameterException if the name is taken
    public void array(String name, Shape shape, Floats values) {
      if (members.putIfAbsent(named(name), new Member.Array(shape, values)) != null) {
        throw new ParameterException("HDF5: two members \"%s\".".formatted(quote(name)));
      }
    }

    /// Sets an attribute that is a text of any length.
    public void text(String name, String value) {
      texts.put(name, value);
    }

    /// Sets an attribute that is a list of texts, of 64 000 bytes in all.
    public void texts(String name, List<String> values) {
      lists.put(name, List.copyOf(values));
    }

    private static String named(String name) {
      if (name.isEmpty() || name.contains("/") || name.indexOf(0) >= 0 || name.equals(".")) {
        throw new ParameterException(
            "HDF5: \"%s\" cannot name a member; needed a text without \"/\" and zeros."
                .formatted(quote(name)));
      }
      return name;
    }

    /// The order of names in a group: that of their UTF-8 bytes.
    private static int compareBytes(String a, String b) {
      return java.util.Arrays.compareUnsigned(
          a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
  }

  /// Writes the numbers of an array, in the order of its shape; called once for each writing.
  @FunctionalInterface
  public interface Floats {
    void writeTo(BinaryWriter to) throws IOException;
  }

  private sealed interface Member {
    record Sub(Group group) implements Member {}

    record Array(Shape shape, Floats values) implements Member {}
  }

  public Group root() {
    return root;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    new Layout(root).writeTo(new BinaryWriter(out));
  }

  private static long padded(long bytes) {
    return (bytes + 7) / 8 * 8;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// Gives everything its address, then writes it in that order.
  private static final class Layout {
    private final List<Piece> pieces = new ArrayList<>();
    private final int leafK;
    private final long rootAt;
    private long end = SUPERBLOCK_BYTES;

    private interface Piece {
      void writeTo(BinaryWriter to) throws IOException;
    }

    Layout(Group root) {
      leafK = leafK(root);
      rootAt = place(root);
    }

    /// Nodes of entries are as large as the largest group needs: a tree has one level, of 32 nodes.
    private static int leafK(Group group) {
      long most = Math.ceilDiv(group.members.size(), 4L * TREE_K);
      if (most > MOST_LEAF_K) {
        throw new LimitException(
            "HDF5: a group of %d members; at most %d are written."
                .formatted(group.members.size(), 4L * TREE_K * MOST_LEAF_K));
      }
      int k = (int) Math.max(LEAST_LEAF_K, most);
      for (Member member : group.members.values()) {
        if (member instanceof Member.Sub(Group sub)) {
          k = Math.max(k, leafK(sub));
        }
      }
      return k;
    }

    private long reserve(long bytes) {
      long at = end;
      end += bytes;
      return at;
    }

    private long place(Member member) {
      return switch (member) {
        case Member.Sub(Group group) -> place(group);
        case Member.Array array -> place(array);
      };
    }

    private long place(Member.Array array) {
      int axes = array.shape().rank();
      long space = 8 + 8L * axes;
      long bytes = 4 * array.shape().elements();
      long messages = 8 + space + 8 + 24 + 8 + 24;
      long at = reserve(ARRAY_HEADER_BYTES + messages);
      long dataAt = reserve(padded(bytes));
      pieces.add(to -> {
        header(to, 3, messages);
        message(to, ObjectHeader.DATASPACE, space);
        to.u8(1).u8(axes).u8(0).u8(0).u32(0);
        for (int axis = 0; axis < axes; axis++) {
          to.i64(array.shape().size(axis));
        }
        message(to, ObjectHeader.DATATYPE, 24);
        // Class 1, version 1; little-endian with an implied first bit; sign at 31, exponent of 8
        // bits at 23, mantissa of 23 bits at 0, bias 127.
        to.u8(0x11).u8(0x20).u8(31).u8(0).u32(4);
        to.u16(0).u16(32).u8(23).u8(8).u8(0).u8(23).u32(127).u32(0);
        message(to, ObjectHeader.LAYOUT, 24);
        to.u8(3).u8(1).i64(bytes == 0 ? UNDEFINED : dataAt).i64(bytes).u16(0).u32(0);
        array.values().writeTo(to);
        zeros(to, padded(bytes) - bytes);
      });
      return at;
    }

    private long place(Group group) {
      List<Attributes> attributes = attributes(group);
      long messages = 8 + 16 + attributes.stream().mapToLong(a -> 8 + a.bytes()).sum();
      long at = reserve(ARRAY_HEADER_BYTES + messages);
      long treeAt = reserve(TREE_BYTES);
      List<String> names = new ArrayList<>(group.members.keySet());
      List<Long> nameAt = new ArrayList<>();
      long heapBytes = 8;
      for (String name : names) {
        nameAt.add(heapBytes);
        heapBytes += padded(utf8(name).length + 1L);
      }
      long heapAt = reserve(HEAP_HEADER_BYTES + heapBytes);
      long dataBytes = heapBytes;
      int perNode = 2 * leafK;
      int nodes = Math.ceilDiv(names.size(), perNode);
      long nodeBytes = 8 + (long) perNode * ENTRY_BYTES;
      long nodesAt = reserve(nodes * nodeBytes);
      pieces.add(to -> {
        header(to, 1 + attributes.size(), messages);
        message(to, ObjectHeader.SYMBOL_TABLE, 16);
        to.i64(treeAt).i64(heapAt);
        for (Attributes attribute : attributes) {
          message(to, ObjectHeader.ATTRIBUTE, attribute.bytes());
          attribute.writeTo(to);
        }
        tree(
            to,
            nodes,
            i -> nodesAt + i * nodeBytes,
            i -> nameAt.get(Math.min(i * perNode, names.size()) - 1));
        to.utf8("HEAP").u32(0).i64(dataBytes).i64(1).i64(heapAt + HEAP_HEADER_BYTES).i64(0);
        for (String name : names) {
          to.utf8(name);
          zeros(to, padded(utf8(name).length + 1L) - utf8(name).length);
        }
      });
      List<Long> addresses = new ArrayList<>();
      pieces.add(to -> nodes(to, nameAt, addresses, perNode));
      placeTexts(attributes);
      for (Member member : group.members.values()) {
        addresses.add(place(member));
      }
      return at;
    }

    private interface At {
      long at(int index);
    }

    /// One node: between the children stand the last names before them.
    private static void tree(BinaryWriter to, int nodes, At child, At lastName) throws IOException {
      to.utf8("TREE").u8(BTreeNode.GROUP).u8(0).u16(nodes).i64(UNDEFINED).i64(UNDEFINED).i64(0);
      for (int i = 0; i < nodes; i++) {
        to.i64(child.at(i)).i64(lastName.at(i + 1));
      }
      zeros(to, TREE_BYTES - 24 - 8 - 16L * nodes);
    }

    private static void nodes(BinaryWriter to, List<Long> nameAt, List<Long> addresses, int perNode)
        throws IOException {
      for (int first = 0; first < addresses.size(); first += perNode) {
        int count = Math.min(perNode, addresses.size() - first);
        to.utf8("SNOD").u8(1).u8(0).u16(count);
        for (int i = first; i < first + count; i++) {
          to.i64(nameAt.get(i)).i64(addresses.get(i)).u32(0).u32(0).i64(0).i64(0);
        }
        zeros(to, (long) (perNode - count) * ENTRY_BYTES);
      }
    }

    /// An attribute with all its parts, each padded to 8 bytes.
    private static final class Attributes {
      private final byte[] name;
      private final List<byte[]> values;
      private final boolean inHeap;
      private long heapAt;

      Attributes(String name, List<String> values, boolean inHeap) {
        this.name = utf8(name + "\0");
        this.values = values.stream().map(Hdf5Writer::utf8).toList();
        this.inHeap = inHeap;
      }

      private int width() {
        return Math.max(1, values.stream().mapToInt(v -> v.length).max().orElse(1));
      }

      private long dataBytes() {
        return inHeap ? 16 : (long) width() * values.size();
      }

      private long typeBytes() {
        return inHeap ? 20 : 8;
      }

      private long spaceBytes() {
        return inHeap ? 8 : 16;
      }

      long bytes() {
        long bytes =
            8 + padded(name.length) + padded(typeBytes()) + spaceBytes() + padded(dataBytes());
        if (bytes > LONGEST_MESSAGE + 512) {
          throw new LimitException(
              "HDF5: attribute \"%s\" has %d bytes; at most %d are written. Split it."
                  .formatted(
                      new String(name, StandardCharsets.UTF_8).strip(), bytes, LONGEST_MESSAGE));
        }
        return bytes;
      }

      void writeTo(BinaryWriter to) throws IOException {
        to.u8(1).u8(0).u16(name.length).u16((int) typeBytes()).u16((int) spaceBytes());
        to.bytes(name);
        zeros(to, padded(name.length) - name.length);
        if (inHeap) {
          // A text of variable length in UTF-8, made of bytes.
          to.u8(0x19).u8(1).u8(1).u8(0).u32(16);
          to.u8(0x10).u8(0).u8(0).u8(0).u32(1).u16(0).u16(8).u32(0);
          to.u8(1).u8(0).u8(0).u8(0).u32(0);
          to.u32(values.getFirst().length).i64(heapAt).u32(1);
          return;
        }
        // Texts of one length in UTF-8, filled up with zeros.
        to.u8(0x13).u8(0x11).u8(0).u8(0).u32(width());
        to.u8(1).u8(1).u8(0).u8(0).u32(0).i64(values.size());
        for (byte[] value : values) {
          to.bytes(value);
          zeros(to, width() - (long) value.length);
        }
        zeros(to, padded(dataBytes()) - dataBytes());
      }
    }

    private static List<Attributes> attributes(Group group) {
      List<Attributes> all = new ArrayList<>();
      group.texts.forEach((name, value) -> all.add(new Attributes(name, List.of(value), true)));
      group.lists.forEach((name, values) -> all.add(new Attributes(name, values, false)));
      return Collections.unmodifiableList(all);
    }

    /// Every text has a heap of its own.
    private void placeTexts(List<Attributes> attributes) {
      for (Attributes attribute : attributes) {
        if (attribute.inHeap) {
          byte[] value = attribute.values.getFirst();
          long used = 16 + 16 + padded(value.length);
          long bytes = Math.max(LEAST_GLOBAL_HEAP, used + 16);
          attribute.heapAt = reserve(bytes);
          pieces.add(to -> {
            to.utf8("GCOL").u32(1).i64(bytes);
            to.u16(1).u16(0).u32(0).i64(value.length).bytes(value);
            zeros(to, padded(value.length) - value.length);
            to.u16(0).u16(0).u32(0).i64(bytes - used);
            zeros(to, bytes - used - 16);
          });
        }
      }
    }

    private static void header(BinaryWriter to, int messages, long bytes) throws IOException {
      to.u8(1).u8(0).u16(messages).u32(1).u32(bytes).u32(0);
    }

    private static void message(BinaryWriter to, int type, long bytes) throws IOException {
      to.u16(type).u16((int) bytes).u8(0).u8(0).u16(0);
    }

    private static void zeros(BinaryWriter to, long bytes) throws IOException {
      for (long i = 0; i < bytes; i++) {
        to.u8(0);
      }
    }

    void writeTo(BinaryWriter to) throws IOException {
      to.bytes(new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'});
      to.u8(0).u8(0).u8(0).u8(0).u8(0).u8(8).u8(8).u8(0).u16(leafK).u16(TREE_K).u32(0);
      to.i64(0).i64(UNDEFINED).i64(end).i64(UNDEFINED);
      to.i64(0).i64(rootAt).u32(0).u32(0).i64(0).i64(0);
      for (Piece piece : pieces) {
        piece.writeTo(to);
      }
      to.flush();
    }
  }

  /// Pairs of a name and a member, for messages.
  @Override
  public String toString() {
    return "HDF5 of " + Map.copyOf(root.members).keySet();
  }
}
