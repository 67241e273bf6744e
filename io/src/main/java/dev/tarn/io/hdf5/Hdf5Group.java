package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A group of an HDF5 file: named groups and arrays, and attributes that are texts.
///
/// Links to names, to other files and to arrays elsewhere are refused; no second file is ever
/// opened.
public final class Hdf5Group {
  private static final int LONGEST_NAME = 1_000;
  private static final int MOST_NAMES = 16 << 20;
  private static final int DEEPEST = 32;
  private static final int HEAP_BYTES = 32;
  private static final int NODE_BYTES = 8;
  private static final int ENTRY_BYTES = 40;
  private static final int CACHED_SOFT_LINK = 2;
  private static final int HARD = 0;

  private final Hdf5File file;
  private final String path;
  private final ObjectHeader header;
  private @Nullable Map<String, Long> links;
  private @Nullable Map<String, Attribute> attributes;

  /// Made by the file, which keeps it.
  Hdf5Group(Hdf5File file, String path, long at) {
    this.file = file;
    this.path = path;
    this.header = file.header(at, path);
  }

  /// The root group of a file.
  ///
  /// @throws FormatException if it is no HDF5 file, or damaged
  /// @throws UnsupportedException if it was written with newer structures
  public static Hdf5Group read(Source source) {
    return Hdf5File.read(source);
  }

  /// Where the group is: `/model_weights/conv1`.
  public String path() {
    return path;
  }

  /// The names of its members.
  public List<String> names() {
    return List.copyOf(links().keySet());
  }

  public boolean has(String name) {
    return links().containsKey(name);
  }

  /// A group by its name, or a path of names with `/` between them.
  ///
  /// @throws FormatException if there is none
  public Hdf5Group group(String name) {
    Hdf5Group at = this;
    String[] steps = steps(name);
    for (String step : steps) {
      at = file.group(at.child(step), at.address(step));
    }
    return at;
  }

  /// An array by its name, or a path of names with `/` between them.
  ///
  /// @throws FormatException if there is none
  public Hdf5Array array(String name) {
    String[] steps = steps(name);
    Hdf5Group at = this;
    for (int i = 0; i < steps.length - 1; i++) {
      at = file.group(at.child(steps[i]), at.address(steps[i]));
    }
    String last = steps[steps.length - 1];
    return new Hdf5Array(file, at.child(last), at.address(last));
  }

  private String[] steps(String name) {
    String[] steps = name.split("/", DEEPEST + 1);
    if (steps.length > DEEPEST) {
      throw file.tooMuch(path, "groups inside each other", DEEPEST);
    }
    return steps;
  }

  private String child(String name) {
    return path.endsWith("/") ? path + name : path + "/" + name;
  }

  private long address(String name) {
    Long at = links().get(name);
    if (at == null) {
      throw new FormatException(
          "%s: %s has no \"%s\"; it has %s."
              .formatted(file.name(), quote(path), quote(name), quote(String.join(", ", names()))));
    }
    return at;
  }

  private Map<String, Long> links() {
    if (links == null) {
      links = new LinkedHashMap<>();
      var table = header.first(ObjectHeader.SYMBOL_TABLE);
      if (table.isPresent()) {
        Cursor message = table.get().open();
        readTable(message.u63("tree address"), message.u63("heap address"));
      } else {
        readLinks();
      }
    }
    return links;
  }

  private void put(String name, long at) {
    file.countLink(path);
    if (links == null || links.put(name, at) != null) {
      throw new FormatException(
          "%s: %s has two members \"%s\"; expected each name once."
              .formatted(file.name(), quote(path), quote(name)));
    }
  }

  /// A symbol table: a B-tree of version 1 whose leaves are nodes of entries, with names in a local
  /// heap.
  private void readTable(long treeAt, long heapAt) {
    Cursor heap = file.part(heapAt, HEAP_BYTES, "local heap of " + path);
    file.requireTag(heap, "HEAP");
    heap.skip(4, "local heap version");
    long bytes = heap.u63("local heap size");
    heap.skip(8, "free list");
    Cursor names = file.part(heap.u63("local heap data address"), bytes, "names of " + path);
    if (bytes > MOST_NAMES) {
      throw names.tooMuch("names of " + path, bytes, MOST_NAMES, "bytes");
    }
    byte[] text = names.bytes((int) bytes, "names of " + path);
    record Place(long at, int level) {}
    Deque<Place> open = new ArrayDeque<>(List.of(new Place(treeAt, -1)));
    Set<Long> visited = new HashSet<>();
    while (!open.isEmpty()) {
      Place place = open.pop();
      if (!visited.add(place.at())) {
        throw names.malformed(
            "tree of " + path, "at address %d twice".formatted(place.at()), "each node once");
      }
      if (place.level() == 0) {
        readEntries(place.at(), names, text);
        continue;
      }
      BTreeNode node = BTreeNode.read(file, place.at(), BTreeNode.GROUP, place.level(), 8);
      for (BTreeNode.Entry entry : node.entries()) {
        open.push(new Place(entry.child(), node.level()));
      }
    }
  }

  private void readEntries(long at, Cursor names, byte[] text) {
    Cursor head = file.part(at, NODE_BYTES, "symbol node of " + path);
    file.requireTag(head, "SNOD");
    head.skip(2, "symbol node version");
    int count = head.u16("number of symbols");
    Cursor node = file.part(at + NODE_BYTES, (long) count * ENTRY_BYTES, "symbols of " + path);
    for (int i = 0; i < count; i++) {
      String name = name(names, text, node.u63("name offset"));
      long address = node.i64("object address"); // of a link to a name it is none
      if (node.u32("kind of entry") == CACHED_SOFT_LINK) {
        throw unsafe(name, "a link to a name");
      }
      node.skip(20, "cached values");
      put(name, address);
    }
  }

  /// A text that ends in a zero.
  private static String name(Cursor names, byte[] text, long at) {
    names.seek(at, "name offset");
    int end = (int) at;
    while (end < text.length && end - at <= LONGEST_NAME && text[end] != 0) {
      end++;
    }
    int length = end - (int) at;
    if (end == text.length || length > LONGEST_NAME) {
      throw names.malformed(
          "name", length + " bytes long", "a zero after at most %d".formatted(LONGEST_NAME));
    }
    return names.part(at, length, "name").utf8(length, "name");
  }

  /// Links as messages of the header.
  private void readLinks() {
    for (ObjectHeader.Message message : header.messages()) {
      Cursor at = message.open();
      if (message.type() == ObjectHeader.LINK_INFO) {
        at.skip(1, "link info version");
        at.skip((at.u8("link info flags") & 1) == 0 ? 0 : 8, "creation index");
        if (at.i64("heap address") != Hdf5File.UNDEFINED) {
          throw new UnsupportedException(
              "%s: %s keeps its links in a fractal heap, which is not supported. Write the file without libver=\"latest\"."
                  .formatted(file.name(), quote(path)));
        }
      } else if (message.type() == ObjectHeader.LINK) {
        readLink(at);
      }
    }
  }

  private void readLink(Cursor at) {
    at.skip(1, "link version");
    int flags = at.u8("link flags");
    int kind = (flags & 8) == 0 ? HARD : at.u8("kind of link");
    at.skip((flags & 4) == 0 ? 0 : 8, "creation order");
    at.skip((flags & 16) == 0 ? 0 : 1, "character set");
    long length =
        switch (flags & 3) {
          case 0 -> at.u8("name length");
          case 1 -> at.u16("name length");
          case 2 -> at.u32("name length");
          default -> at.u63("name length");
        };
    if (length > LONGEST_NAME) {
      throw at.tooMuch("name", length, LONGEST_NAME, "bytes");
    }
    String name = at.utf8((int) length, "name");
    if (kind != HARD) {
      throw unsafe(name, kind == 1 ? "a link to a name" : "a link to another file");
    }
    put(name, at.u63("object address"));
  }

  private UnsafeException unsafe(String name, String what) {
    return new UnsafeException(
        "%s: %s of %s is %s; only what lies in the file itself is read."
            .formatted(file.name(), quote(name), quote(path), what));
  }

  public boolean hasAttribute(String name) {
    return attributes().containsKey(name);
  }

  /// An attribute that is one text.
  ///
  /// @throws FormatException if there is none
  public String text(String name) {
    List<String> texts = texts(name);
    if (texts.size() != 1) {
      throw new FormatException(
          "%s: attribute \"%s\" of %s has %d values; expected 1."
              .formatted(file.name(), quote(name), quote(path), texts.size()));
    }
    return texts.getFirst();
  }

  /// An attribute that is a list of texts; a list without values may be of any type.
  ///
  /// @throws FormatException if there is none
  public List<String> texts(String name) {
    Attribute attribute = attributes().get(name);
    if (attribute == null) {
      throw new FormatException(
          "%s: %s has no attribute \"%s\"; expected one."
              .formatted(file.name(), quote(path), quote(name)));
    }
    return attribute.texts(file);
  }

  private Map<String, Attribute> attributes() {
    if (attributes == null) {
      attributes = new LinkedHashMap<>();
      for (ObjectHeader.Message message : header.messages()) {
        if (message.type() == ObjectHeader.ATTRIBUTE && !message.shared()) {
          Attribute attribute = Attribute.read(message.open(), path);
          if (attributes.put(attribute.name(), attribute) != null) {
            throw new FormatException(
                "%s: %s has two attributes \"%s\"; expected each name once."
                    .formatted(file.name(), quote(path), quote(attribute.name())));
          }
        }
      }
    }
    return attributes;
  }

  @Override
  public String toString() {
    return path + " " + new ArrayList<>(links().keySet());
  }
}
