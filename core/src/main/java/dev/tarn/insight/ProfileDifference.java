package dev.tarn.insight;

import dev.tarn.error.TarnException;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.plan.Pooling;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.tensor.Ties;
import java.util.ArrayList;
import java.util.List;

/// What a framework makes of a window that another pooling explains, and why.
///
/// @param profile the framework
/// @param result its number, or what it does instead
/// @param reasons the choices that make the difference, each found by making it alone
public record ProfileDifference(Profile profile, String result, List<String> reasons) {
  public ProfileDifference {
    reasons = List.copyOf(reasons);
  }

  /// A single output of a pooling: its value and the gradient it sends back, or neither.
  private record Outcome(String value, Tensor gradient) {
    static Outcome of(Pool pool, Tensor plane, int... output) {
      Pooling pooling = Pooling.of(pool);
      Tensor y;
      try {
        y = pooling.forward(plane);
      } catch (TarnException e) {
        return new Outcome("an error: " + e.getMessage(), plane);
      }
      for (int axis = 0; axis < output.length; axis++) {
        if (output[axis] >= y.shape().size(axis)) {
          return new Outcome("no such output, its shape is " + spatial(y.shape()), plane);
        }
      }
      return new Outcome(
          String.valueOf(y.get(output)),
          pooling.backward(plane, WindowExplanation.oneHot(y.shape(), output)));
    }

    private static Shape spatial(Shape shape) {
      return shape.sample().sample();
    }

    boolean same(Outcome other) {
      return value.equals(other.value) && gradient.equals(other.gradient);
    }
  }

  /// The profiles that differ from `pool` at one output of one plane.
  static List<ProfileDifference> of(Pool pool, Tensor plane, int... output) {
    Outcome ours = Outcome.of(pool, plane, output);
    var differences = new ArrayList<ProfileDifference>();
    for (Profile profile : Profile.values()) {
      Pool theirs = pool.profile(profile);
      Outcome outcome = Outcome.of(theirs, plane, output);
      if (outcome.same(ours)) {
        continue;
      }
      String result =
          outcome.value.equals(ours.value)
              ? outcome.value + " with another gradient"
              : outcome.value;
      var reasons = new ArrayList<String>();
      for (Change change : changes(pool, theirs)) {
        if (!Outcome.of(change.pool, plane, output).same(ours)) {
          reasons.add(change.reason);
        }
      }
      differences.add(new ProfileDifference(profile, result, reasons));
    }
    return differences;
  }

  /// One choice of a profile, made alone.
  private record Change(Pool pool, String reason) {}

  private static List<Change> changes(Pool ours, Pool theirs) {
    var changes = new ArrayList<Change>();
    if (!ours.regions().equals(theirs.regions())) {
      changes.add(
          new Change(new Pool(ours.reduction(), theirs.regions()), regions(theirs.regions())));
    }
    switch (theirs.reduction()) {
      case Reduction.Max(var nan, var ties) -> {
        changes.add(new Change(ours.nan(nan), nan(nan)));
        changes.add(new Change(ours.ties(ties), ties(ties)));
      }
      case Reduction.Min(var nan, var ties) -> {
        changes.add(new Change(ours.nan(nan), nan(nan)));
        changes.add(new Change(ours.ties(ties), ties(ties)));
      }
      case Reduction.Average(var divisor) ->
          changes.add(new Change(ours.divisor(divisor), "divides by " + divisor));
      case Reduction.Lp lp ->
          changes.add(new Change(new Pool(lp, ours.regions()), sign(lp.sign())));
      case Reduction.Sum sum -> {}
    }
    return changes;
  }

  private static String regions(Regions regions) {
    return regions instanceof Regions.Sliding(var window)
        ? "rounds sizes by " + window.rounding()
        : "takes regions " + regions;
  }

  private static String nan(NanPolicy policy) {
    return switch (policy) {
      case PROPAGATE -> "a NaN is the result";
      case IGNORE -> "skips NaN";
    };
  }

  private static String ties(Ties ties) {
    return switch (ties) {
      case FIRST -> "the first of equal cells gets the gradient";
      case SPLIT -> "equal cells share the gradient";
    };
  }

  private static String sign(Reduction.Sign sign) {
    return switch (sign) {
      case ABSOLUTE -> "sums powers of absolute values of the cells that exist";
      case SIGNED -> "sums powers with their sign, times the window's cells over those inside";
    };
  }

  @Override
  public String toString() {
    return "%s gives %s: %s".formatted(profile, result, String.join("; ", reasons));
  }
}
