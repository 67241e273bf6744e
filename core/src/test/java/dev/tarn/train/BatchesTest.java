package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.CancelledException;
import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BatchesTest {
  /// Examples `[index, low bits of the seed]`, with something to do before each is read.
  private record Numbers(int size, IntConsumer before) implements Dataset {
    @Override
    public Shape shape() {
      return Shape.of(2);
    }

    @Override
    public List<String> labels() {
      return List.of("even", "odd");
    }

    @Override
    public int label(int index) {
      return index % 2;
    }

    @Override
    public void read(int index, long seed, float[] to, int at) {
      before.accept(index);
      to[at] = index;
      to[at + 1] = seed & 0xFFFF;
    }
  }

  private static Numbers numbers(int size) {
    return new Numbers(size, i -> {});
  }

  private static List<int[]> pass(Batches batches) {
    List<int[]> all = new ArrayList<>();
    try (batches) {
      for (Batch b = batches.next(); b != null; b = batches.next()) {
        for (int i = 0; i < b.size(); i++) {
          assertEquals(b.examples()[i], (int) b.inputs().get(i, 0), "input belongs to its example");
          assertEquals(b.examples()[i] % 2, b.classes()[i], "class belongs to its example");
        }
        all.add(b.examples().clone());
      }
      assertNull(batches.next(), "the end stays the end");
    }
    return all;
  }

  private static int[] flat(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }

  @Test
  void an_evaluation_sees_every_example_in_order_and_the_last_batch_holds_the_rest() {
    List<int[]> batches = pass(Batches.inOrder(numbers(10), 4));
    assertEquals(3, batches.size());
    assertArrayEquals(new int[] {8, 9}, batches.get(2));
    assertArrayEquals(IntStream.range(0, 10).toArray(), flat(batches));
  }

  @Test
  void a_training_epoch_is_a_permutation_that_seed_and_epoch_alone_decide() {
    int[] once = flat(pass(Batches.shuffled(numbers(1000), 32, 5, 2)));
    assertArrayEquals(once, flat(pass(Batches.shuffled(numbers(1000), 32, 5, 2))));
    assertFalse(Arrays.equals(once, flat(pass(Batches.shuffled(numbers(1000), 32, 5, 3)))));
    assertFalse(Arrays.equals(once, flat(pass(Batches.shuffled(numbers(1000), 32, 6, 2)))));
    Arrays.sort(once);
    assertArrayEquals(IntStream.range(0, 1000).toArray(), once);
  }

  @Test
  void augmentation_seed_changes_with_the_epoch_and_is_none_in_evaluation() {
    try (var a = Batches.shuffled(numbers(4), 4, 1, 0);
        var b = Batches.shuffled(numbers(4), 4, 1, 1);
        var c = Batches.inOrder(numbers(4), 4)) {
      assertTrue(a.next().inputs().get(0, 1) != b.next().inputs().get(0, 1));
      assertEquals(0, (int) c.next().inputs().get(0, 1));
    }
  }

  @Test
  void a_resumed_epoch_continues_with_the_batches_that_were_left() {
    List<int[]> whole = pass(Batches.shuffled(numbers(103), 10, 9, 4));
    List<int[]> rest = pass(Batches.shuffled(numbers(103), 10, 9, 4).from(6));
    assertEquals(5, rest.size());
    for (int i = 0; i < rest.size(); i++) {
      assertArrayEquals(whole.get(6 + i), rest.get(i));
    }
    assertEquals(0, pass(Batches.shuffled(numbers(103), 10, 9, 4).from(11)).size());
  }

  @Test
  void a_batch_stays_intact_until_the_next_is_asked_for() throws InterruptedException {
    try (var batches = Batches.inOrder(numbers(1000), 10)) {
      for (int step = 0; step < 20; step++) {
        Batch b = batches.next();
        Thread.sleep(1);
        assertEquals(step, b.step());
        assertEquals(step * 10 + 9, (int) b.inputs().get(9, 0));
      }
    }
  }

  @Test
  void the_first_fault_reaches_the_caller_after_the_batches_before_it_and_stays() {
    var fault = new FormatException("example 25 is broken");
    var data =
        new Numbers(
            100,
            i -> {
              if (i == 25) {
                throw fault;
              }
            });
    try (var batches = Batches.inOrder(data, 10)) {
      assertEquals(0, batches.next().step());
      assertEquals(1, batches.next().step());
      assertSame(fault, assertThrows(FormatException.class, batches::next));
      assertSame(fault, assertThrows(FormatException.class, batches::next));
    }
  }

  @Test
  void an_error_is_not_swallowed_by_the_preparing_thread() {
    var data =
        new Numbers(
            10,
            i -> {
              throw new StackOverflowError("deep");
            });
    try (var batches = Batches.inOrder(data, 10)) {
      assertEquals("deep", assertThrows(StackOverflowError.class, batches::next).getMessage());
    }
  }

  @Test
  void closing_early_stops_the_preparing_thread_and_twice_is_harmless() {
    var batches = Batches.inOrder(numbers(1_000_000), 10);
    batches.next();
    batches.close();
    batches.close();
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(t -> t.getName().equals("tarn-batches") && t.isAlive()));
    assertThrows(ParameterException.class, batches::next);
  }

  @Test
  void an_interrupted_caller_gets_cancelled_and_keeps_its_flag() {
    var data =
        new Numbers(
            10,
            i -> {
              try {
                Thread.sleep(50);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    try (var batches = Batches.inOrder(data, 10)) {
      Thread.currentThread().interrupt();
      assertThrows(CancelledException.class, batches::next);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void parameters_are_checked_before_any_work() {
    var size = assertThrows(ParameterException.class, () -> Batches.inOrder(numbers(10), 0));
    assertTrue(size.getMessage().contains("batch size 0"), size::getMessage);
    var batches = Batches.inOrder(numbers(10), 4);
    var step = assertThrows(ParameterException.class, () -> batches.from(4));
    assertTrue(step.getMessage().contains("step 4; needed 0 to 3"), step::getMessage);
    try (batches) {
      batches.next();
      assertThrows(ParameterException.class, () -> batches.from(1));
    }
  }

  @Test
  void no_examples_no_batches() {
    assertEquals(0, pass(Batches.inOrder(numbers(0), 4)).size());
  }
}
