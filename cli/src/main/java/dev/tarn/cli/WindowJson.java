package dev.tarn.cli;

import dev.tarn.insight.WindowExplanation;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import java.util.ArrayList;
import java.util.List;

/// A window's explanation for machines.
final class WindowJson {
  private WindowJson() {}

  static Json of(WindowExplanation explanation) {
    List<Json> cells = new ArrayList<>();
    for (WindowExplanation.Cell cell : explanation.cells()) {
      Json.Members members =
          Json.members().with("at", Json.wholes(cell.at())).with("place", Words.word(cell.place()));
      cells.add(
          cell.place() == WindowExplanation.Place.INPUT
              ? members
                  .with("value", number(cell.value()))
                  .with("gradient", number(cell.gradient()))
              : members);
    }
    List<Json> others = new ArrayList<>();
    explanation
        .others()
        .forEach(other ->
            others.add(
                Json.members()
                    .with("profile", Words.word(other.profile()))
                    .with("result", other.result())
                    .with("reasons", Json.texts(other.reasons()))));
    Json.Members object =
        Json.members()
            .with("index", Json.wholes(explanation.index()))
            .with("value", number(explanation.value()))
            .with("cells", new Json.Items(cells));
    if (explanation.divisor().isPresent()) {
      object = object.with("divisor", JsonCursor.real(explanation.divisor().getAsDouble()));
    }
    if (explanation.selected().isPresent()) {
      object = object.with("selected", explanation.selected().getAsInt());
    }
    return object.with("others", new Json.Items(others));
  }

  private static Json number(float value) {
    return JsonCursor.real(Double.parseDouble(Float.toString(value)));
  }
}
