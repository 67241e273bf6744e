package dev.tarn.io;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.TarnException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/// What tests of hostile input share: the type and the words of a fault, and a seeded mutator.
public final class Faults {
  public static final long SEED = Long.getLong("tests.seed", 1);
  public static final int ROUNDS = Integer.getInteger("tests.rounds", 1);

  private Faults() {}

  /// `work` throws exactly `type`, and its message has all `parts`.
  public static <T extends TarnException> T assertFault(
      Class<T> type, Executable work, String... parts) {
    T fault = assertThrowsExactly(type, work);
    assertAll(
        Stream.of(parts)
            .map(part ->
                () ->
                    assertTrue(
                        fault.getMessage().contains(part),
                        "\"%s\" lacks \"%s\"".formatted(fault.getMessage(), part))));
    return fault;
  }

  /// One to four random changes of a file: bits flipped, bytes replaced by telling values, cut,
  /// doubled, swapped.
  public static byte[] mutate(byte[] file, Random random) {
    byte[] changed = file.clone();
    for (int change = random.nextInt(4); change >= 0 && changed.length > 0; change--) {
      int at = random.nextInt(changed.length);
      switch (random.nextInt(6)) {
        case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
        case 1 ->
            changed[at] =
                (byte) new int[] {0, 1, 0x7f, 0x80, 0xff, '"', '{', '-'}[random.nextInt(8)];
        case 2 -> changed[at] = (byte) random.nextInt(256);
        case 3 -> changed = java.util.Arrays.copyOf(changed, at);
        case 4 -> {
          int count = random.nextInt(Math.min(16, changed.length - at) + 1);
          byte[] longer = java.util.Arrays.copyOf(changed, changed.length + count);
          System.arraycopy(changed, at, longer, at + count, changed.length - at);
          changed = longer;
        }
        default -> {
          int other = random.nextInt(changed.length);
          byte swapped = changed[at];
          changed[at] = changed[other];
          changed[other] = swapped;
        }
      }
    }
    return changed;
  }

  /// Feeds `rounds` mutations of `good` to a reader, which may accept them or throw our exceptions,
  /// nothing else.
  public static void assertOnlyOurFaults(byte[] good, Reader reader) {
    for (int round = 0; round < 128 * ROUNDS; round++) {
      long seed = SEED * 1_000_003 + round;
      byte[] bad = mutate(good, new Random(seed));
      try {
        reader.read(bad);
      } catch (TarnException expected) {
        assertTrue(!expected.getMessage().isBlank());
      } catch (Throwable other) {
        throw new AssertionError("mutation with seed %d ended in %s".formatted(seed, other), other);
      }
    }
  }

  /// Reads a file's bytes.
  public interface Reader {
    void read(byte[] bytes) throws Exception;
  }
}
