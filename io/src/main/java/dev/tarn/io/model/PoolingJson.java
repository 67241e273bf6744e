package dev.tarn.io.model;

import static dev.tarn.io.model.ShapeJson.cells;
import static dev.tarn.io.model.ShapeJson.choice;
import static dev.tarn.io.model.ShapeJson.window;

import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Ties;

/// Reductions and regions as JSON and back.
final class PoolingJson {
  private PoolingJson() {}

  static Json write(Reduction reduction) {
    return switch (reduction) {
      case Reduction.Max(var nan, var ties) ->
          kind("max").with("nan", choice(nan)).with("ties", choice(ties));
      case Reduction.Min(var nan, var ties) ->
          kind("min").with("nan", choice(nan)).with("ties", choice(ties));
      case Reduction.Average(var divisor) ->
          switch (divisor) {
            case Divisor.Counted counted -> kind("average").with("divisor", choice(counted));
            case Divisor.Fixed(double value) ->
                kind("average").with("divisor", JsonCursor.real(value));
          };
      case Reduction.Sum() -> kind("sum");
      case Reduction.Lp(double p, var sign) ->
          kind("lp").with("p", JsonCursor.real(p)).with("sign", choice(sign));
    };
  }

  static Reduction reduction(JsonCursor at) {
    String kind = at.get("kind").text();
    return switch (kind) {
      case "max" -> {
        at.only("kind", "nan", "ties");
        yield new Reduction.Max(
            choice(at.get("nan"), NanPolicy.values()), choice(at.get("ties"), Ties.values()));
      }
      case "min" -> {
        at.only("kind", "nan", "ties");
        yield new Reduction.Min(
            choice(at.get("nan"), NanPolicy.values()), choice(at.get("ties"), Ties.values()));
      }
      case "average" -> new Reduction.Average(divisor(at.only("kind", "divisor").get("divisor")));
      case "sum" -> {
        at.only("kind");
        yield new Reduction.Sum();
      }
      case "lp" -> {
        at.only("kind", "p", "sign");
        yield new Reduction.Lp(at.get("p").real(), choice(at.get("sign"), Reduction.Sign.values()));
      }
      default ->
          throw at.get("kind")
              .malformed("is \"%s\"".formatted(kind), "max, min, average, sum or lp");
    };
  }

  private static Divisor divisor(JsonCursor at) {
    return at.value() instanceof Json.Text
        ? choice(at, Divisor.Counted.values())
        : Divisor.of(at.real());
  }

  static Json write(Regions regions) {
    return switch (regions) {
      case Regions.Sliding(var window) -> kind("sliding").with("window", window(window));
      case Regions.Adaptive(var sizes) -> kind("adaptive").with("sizes", Json.wholes(sizes));
      case Regions.Even(var sizes) -> kind("even").with("sizes", Json.wholes(sizes));
      case Regions.Global() -> kind("global");
    };
  }

  static Regions regions(JsonCursor at) {
    String kind = at.get("kind").text();
    return switch (kind) {
      case "sliding" -> new Regions.Sliding(window(at.only("kind", "window").get("window")));
      case "adaptive" -> new Regions.Adaptive(cells(at.only("kind", "sizes").get("sizes")));
      case "even" -> new Regions.Even(cells(at.only("kind", "sizes").get("sizes")));
      case "global" -> {
        at.only("kind");
        yield new Regions.Global();
      }
      default ->
          throw at.get("kind")
              .malformed("is \"%s\"".formatted(kind), "sliding, adaptive, even or global");
    };
  }

  private static Json.Members kind(String kind) {
    return Json.members().with("kind", kind);
  }
}
