package dev.tarn.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Collects what is wrong in a file of cases, so that one run shows how many fail and the first
/// ten.
public final class Findings {
  private static final int SHOWN = 10;
  private final List<String> wrong = new ArrayList<>();
  private Case current;

  private Findings(Case first) {
    current = first;
  }

  /// Runs a check on every case, at least `least` of them, and fails with all that was found.
  public static void of(String file, int least, CaseCheck check) {
    of(file, GoldenCases.read(file), least, check);
  }

  static void of(String what, List<Case> cases, int least, CaseCheck check) {
    assertTrue(cases.size() >= least, () -> "%s: only %d cases".formatted(what, cases.size()));
    var findings = new Findings(cases.getFirst());
    for (Case c : cases) {
      findings.current = c;
      try {
        check.run(c, findings);
      } catch (RuntimeException | AssertionError e) {
        findings.add(String.valueOf(e));
      }
    }
    if (!findings.wrong.isEmpty()) {
      fail(
          "%s: %d findings in %d cases\n%s"
              .formatted(
                  what,
                  findings.wrong.size(),
                  cases.size(),
                  String.join(
                      "\n", findings.wrong.subList(0, Math.min(SHOWN, findings.wrong.size())))));
    }
  }

  /// What is done with each case.
  public interface CaseCheck {
    void run(Case c, Findings findings);
  }

  public void add(String finding) {
    wrong.add("%s %s: %s".formatted(current.name(), current.words(), finding));
  }

  void shape(Shape expected, Shape got) {
    if (!expected.equals(got)) {
      add("shape %s, expected %s".formatted(got, expected));
    }
  }

  /// Equal shapes, and equal values but for the sign of 0 (NaN equals NaN).
  public void exact(String array, Tensor got) {
    compare(array, current.tensor(array), got, 0, 0);
  }

  /// Equal shapes, and values within `rtol` 1.3e-6 and `atol` 1e-5, as another order of float32
  /// sums may leave them; exact where the expected numbers are all whole, since then so was every
  /// sum.
  public void near(String array, Tensor got) {
    near(array, current.tensor(array), got);
  }

  /// As [#near(String, Tensor)], with an expectation of the caller's.
  public void near(String array, Tensor expected, Tensor got) {
    boolean whole = true;
    for (float value : expected.array()) {
      whole &= value == Math.rint(value) || Float.isNaN(value);
    }
    compare(array, expected, got, whole ? 0 : 1.3e-6, whole ? 0 : 1e-5);
  }

  /// Equal shapes, and values within these tolerances.
  public void near(String array, Tensor got, double rtol, double atol) {
    compare(array, current.tensor(array), got, rtol, atol);
  }

  /// One number within a relative tolerance.
  public void number(String what, double expected, double got, double rtol) {
    if (!(Math.abs(expected - got) <= rtol * Math.abs(expected) + 1e-15)) {
      add("%s is %s, expected %s".formatted(what, got, expected));
    }
  }

  private void compare(String array, Tensor expected, Tensor got, double rtol, double atol) {
    if (!expected.shape().equals(got.shape())) {
      add("%s has shape %s, expected %s".formatted(array, got.shape(), expected.shape()));
      return;
    }
    float[] want = expected.array();
    float[] have = got.to(Layout.NCHW).array();
    for (int i = 0; i < want.length; i++) {
      boolean same = want[i] == have[i] || (Float.isNaN(want[i]) && Float.isNaN(have[i]));
      if (!same && !(Math.abs((double) want[i] - have[i]) <= atol + rtol * Math.abs(want[i]))) {
        add("%s[%d] is %s, expected %s".formatted(array, i, have[i], want[i]));
        return;
      }
    }
  }

  void indices(int[] expected, int[] got) {
    int at = Arrays.mismatch(expected, got);
    if (at >= Math.min(expected.length, got.length)) {
      add("%d indices, expected %d".formatted(got.length, expected.length));
    } else if (at >= 0) {
      add("index %d is %s, expected %s".formatted(at, got[at], expected[at]));
    }
  }
}
