package dev.tarn.io.store;

import dev.tarn.io.binary.Source;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A disk in memory that knows what would be left after a loss of power: bytes that were not forced
/// may be missing, half there or garbage, and every change of a name since the folder was last
/// forced may or may not have happened, in any combination.
public final class SimulatedDisk implements Storage {
  /// What becomes of bytes nobody forced.
  public enum Unforced {
    DROPPED,
    HALF,
    ZEROS,
    TORN_LAST_BLOCK,
    WRITTEN
  }

  private static final int BLOCK = 512;

  private static final class Node {
    byte[] seen = {};
    byte[] forced = {};

    Node copy() {
      Node node = new Node();
      node.seen = seen;
      node.forced = forced;
      return node;
    }
  }

  /// A change of names that happens as one: each name to its new file, null for none.
  private record Change(Map<Path, @Nullable Node> names) {}

  private final Map<Path, Node> names = new TreeMap<>();
  private final Map<Path, Node> forcedNames = new HashMap<>();
  private final List<Change> pending = new ArrayList<>();
  private final boolean links;

  private SimulatedDisk(boolean links) {
    this.links = links;
  }

  public static SimulatedDisk withLinks() {
    return new SimulatedDisk(true);
  }

  public static SimulatedDisk withoutLinks() {
    return new SimulatedDisk(false);
  }

  /// How many combinations of unforced name changes there are.
  public int combinations() {
    return 1 << pending.size();
  }

  public List<Path> files() {
    return List.copyOf(names.keySet());
  }

  /// Everything as it is seen now, nothing shared: what a crash of the process leaves.
  public SimulatedDisk copy() {
    SimulatedDisk copy = new SimulatedDisk(links);
    IdentityHashMap<Node, Node> copies = new IdentityHashMap<>();
    names.forEach((p, n) -> copy.names.put(p, copies.computeIfAbsent(n, Node::copy)));
    forcedNames.forEach((p, n) -> copy.forcedNames.put(p, copies.computeIfAbsent(n, Node::copy)));
    for (Change change : pending) {
      Map<Path, @Nullable Node> renamed = new HashMap<>();
      change.names.forEach(
          (p, n) -> renamed.put(p, n == null ? null : copies.computeIfAbsent(n, Node::copy)));
      copy.pending.add(new Change(renamed));
    }
    return copy;
  }

  /// What a loss of power leaves: the name changes whose bits are set in `combination`, and
  /// `unforced` bytes.
  public SimulatedDisk afterPowerLoss(int combination, Unforced unforced) {
    SimulatedDisk left = copy();
    left.names.clear();
    left.names.putAll(left.forcedNames);
    for (int i = 0; i < pending.size(); i++) {
      if ((combination >> i & 1) != 0) {
        apply(left.pending.get(i), left.names);
      }
    }
    left.pending.clear();
    left.forcedNames.clear();
    left.forcedNames.putAll(left.names);
    for (Node node : left.names.values()) {
      if (!Arrays.equals(node.seen, node.forced)) {
        node.seen = left(node, unforced);
        node.forced = node.seen;
      }
    }
    return left;
  }

  private static byte[] left(Node node, Unforced unforced) {
    byte[] seen = node.seen;
    return switch (unforced) {
      case DROPPED -> node.forced;
      case HALF -> Arrays.copyOf(seen, seen.length / 2);
      case ZEROS -> new byte[seen.length];
      case WRITTEN -> seen;
      case TORN_LAST_BLOCK -> {
        byte[] torn = seen.clone();
        int from = Math.max(0, (seen.length - 1) / BLOCK * BLOCK);
        byte[] garbage = new byte[torn.length - from];
        new Random(3).nextBytes(garbage);
        System.arraycopy(garbage, 0, torn, from, garbage.length);
        yield torn;
      }
    };
  }

  /// Changes one bit of a file, as a failing disk does.
  public void flip(Path file, int bit) {
    Node node = names.get(file);
    node.seen = node.seen.clone();
    node.seen[bit / 8] ^= (byte) (1 << bit % 8);
    node.forced = node.seen;
  }

  private static void apply(Change change, Map<Path, Node> to) {
    change.names.forEach((path, node) -> {
      if (node == null) {
        to.remove(path);
      } else {
        to.put(path, node);
      }
    });
  }

  private void change(Change change) {
    pending.add(change);
    apply(change, names);
  }

  private Node existing(Path file) throws IOException {
    Node node = names.get(file);
    if (node == null) {
      throw new NoSuchFileException(file.toString());
    }
    return node;
  }

  @Override
  public Path locate(Path target) {
    return target.toAbsolutePath();
  }

  @Override
  public boolean exists(Path file) {
    return names.containsKey(file);
  }

  @Override
  public Source open(Path file) throws IOException {
    return Source.of(file.toString(), existing(file).seen);
  }

  @Override
  public Output create(Path file) throws IOException {
    if (names.containsKey(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Node node = new Node();
    change(new Change(Map.of(file, node)));
    return new Output() {
      @Override
      public void write(byte[] bytes, int from, int count) {
        int length = node.seen.length;
        node.seen = Arrays.copyOf(node.seen, length + count);
        System.arraycopy(bytes, from, node.seen, length, count);
      }

      @Override
      public void force() {
        node.forced = node.seen;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void link(Path file, Path second) throws IOException {
    if (!links) {
      throw new IOException("Operation not permitted");
    }
    if (names.containsKey(second)) {
      throw new FileAlreadyExistsException(second.toString());
    }
    change(new Change(Map.of(second, existing(file))));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Node node = existing(from);
    if (names.get(to) == node) {
      return; // As rename(2) does.
    }
    Map<Path, @Nullable Node> both = new HashMap<>();
    both.put(from, null);
    both.put(to, node);
    change(new Change(both));
  }

  @Override
  public void delete(Path file) {
    if (names.containsKey(file)) {
      Map<Path, @Nullable Node> gone = new HashMap<>();
      gone.put(file, null);
      change(new Change(gone));
    }
  }

  @Override
  public void forceFolder(Path folder) {
    forcedNames.clear();
    forcedNames.putAll(names);
    pending.clear();
  }

  @Override
  public Closeable lock(Path file) {
    return () -> {};
  }

  @Override
  public void pause(int next) {}
}
