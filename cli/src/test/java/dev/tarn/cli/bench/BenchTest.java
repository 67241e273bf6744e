package dev.tarn.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTest {
  @Test
  void namesAreThoseThatOtherFrameworksAreTimedUnder() {
    List<String> names = Bench.names();
    assertEquals(names.size(), new HashSet<>(names).size(), "a name stands twice");
    for (String name :
        List.of(
            "pool.max2s2.nchw.8x64x112x112",
            "poolfb.l2_2s2.nhwc.32x20x24x24",
            "pool.gap.nhwc.1x512x14x14",
            "conv.nchw.c3-227-11s4-96",
            "conv.nhwc.c96-27-5-256",
            "infer.vgg16.b8.nhwc",
            "infer.textbook.b1.nchw",
            "train.textbook2.b128.step",
            "train.vgg16.b4.step")) {
      assertTrue(names.contains(name), name);
    }
  }

  @Test
  void aSmallCaseIsCheckedAndTimed() {
    List<String> table = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    new Bench(List.of("pool.max2s2.nhwc.1x512x14x14"), 2).run(table::add, notes::add);
    assertEquals(1, table.size());
    assertTrue(
        table.getFirst().matches("tarn\tpool\\.max2s2\\.nhwc\\.1x512x14x14\t\\d+\\.\\d{4}"),
        table.getFirst());
    assertTrue(notes.getLast().contains("% of copying"), notes::toString);
  }

  @Test
  void nothingWantedIsKnownBeforehand() {
    assertTrue(new Bench(List.of("no such case"), 1).isEmpty());
  }
}
