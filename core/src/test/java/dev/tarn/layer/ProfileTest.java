package dev.tarn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What each framework chooses where frameworks disagree.
class ProfileTest {
  @ParameterizedTest
  @CsvSource({
    "TARN,       PROPAGATE, VALID,          ABSOLUTE, 3",
    "PYTORCH,    PROPAGATE, CLIPPED_WINDOW, SIGNED,   3",
    "TENSORFLOW, IGNORE,    VALID,          ABSOLUTE, 3",
    "KERAS,      IGNORE,    VALID,          ABSOLUTE, 3",
    "ONNX,       IGNORE,    VALID,          ABSOLUTE, 1",
    "CAFFE,      IGNORE,    CLIPPED_WINDOW, ABSOLUTE, 1",
    "DL4J,       PROPAGATE, VALID,          ABSOLUTE, 2",
  })
  void choices(
      Profile profile,
      NanPolicy nan,
      Divisor.Counted divisor,
      Reduction.Sign sign,
      int strideOfThree) {
    assertEquals(new Reduction.Max(nan, Ties.FIRST), Pool.max(3).profile(profile).reduction());
    assertEquals(
        new Reduction.Min(nan, Ties.FIRST),
        Pool.of(Reduction.min(), 3).profile(profile).reduction());
    assertEquals(new Reduction.Average(divisor), Pool.average(3).profile(profile).reduction());
    assertEquals(new Reduction.Lp(3, sign), Pool.lp(3, 2).profile(profile).reduction());
    assertEquals(
        Pool.of(Reduction.sum(), 2).reduction(),
        Pool.of(Reduction.sum(), 2).profile(profile).reduction());
    assertEquals(List.of(strideOfThree), profile.defaultStride(List.of(3)));
  }

  @Test
  void caffeRoundsUpAndBothCaffeAndDl4jTakeEvenWindows() {
    assertEquals(
        Regions.sliding(Window.of(3).stride(3).rounding(Rounding.CEIL_CAFFE)),
        Pool.max(3).profile(Profile.CAFFE).regions());
    Pool adaptive = Pool.adaptive(Reduction.max(), 3);
    assertEquals(new Regions.Even(List.of(3)), adaptive.profile(Profile.CAFFE).regions());
    assertEquals(new Regions.Even(List.of(3)), adaptive.profile(Profile.DL4J).regions());
    assertEquals(adaptive, adaptive.profile(Profile.PYTORCH));
  }

  @Test
  void kerasPoolsGloballyByReduceMax() {
    Pool global = Pool.global(Reduction.max()).profile(Profile.KERAS);
    assertEquals(new Reduction.Max(NanPolicy.PROPAGATE, Ties.SPLIT), global.reduction());
  }

  @Test
  void pyTorchHasNoSignedNormOfInfiniteP() {
    Pool pool = Pool.lp(Double.POSITIVE_INFINITY, 2);
    assertEquals(pool, pool.profile(Profile.PYTORCH));
  }

  @Test
  void whatTheUserChoosesStays() {
    Pool pool = Pool.max(2).ties(Ties.SPLIT).rounding(Rounding.CEIL);
    assertEquals(pool, pool.profile(Profile.PYTORCH));
  }
}
