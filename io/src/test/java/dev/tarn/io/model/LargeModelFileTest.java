package dev.tarn.io.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that a second thread checks while they are read.
class LargeModelFileTest {
  private static final int INPUTS = 1200;
  private static final int UNITS = 4000;

  @TempDir Path folder;

  private Path path = Path.of("");
  private byte[] good = {};
  private Parameters parameters = Parameters.zeros(model());

  private static Model model() {
    return Model.input(INPUTS).dense(UNITS).build();
  }

  @BeforeEach
  void save() throws IOException {
    for (int i = 0; i < parameters.array().length; i++) {
      parameters.array()[i] = i;
    }
    path = folder.resolve("m.tarn");
    ModelFile.of(parameters, ModelInfo.NONE.note("a", "b")).save(path);
    good = Files.readAllBytes(path);
    assertTrue(good.length > 17 << 20, "large enough for the second thread");
  }

  private int find(String text) {
    return new String(good, 0, 10_000, StandardCharsets.ISO_8859_1).indexOf(text);
  }

  @Test
  void whatIsSavedIsLoaded() {
    assertArrayEquals(parameters.array(), ModelFile.load(path).parameters().array());
  }

  /// Whatever the reader makes of the change: other sizes, no JSON, unknown names, other numbers.
  @Test
  void damageIsDamageWhateverItDoesToTheReader() throws IOException {
    Map<String, Integer> places =
        Map.of(
            "units",
            find("4000"),
            "brace",
            find("{"),
            "layer",
            find("dense"),
            "header",
            find("F32"),
            "offset",
            find("data_offsets") + 16,
            "note",
            find("\"b\"") + 1,
            "weight",
            good.length / 2,
            "last weight",
            good.length - 4000);
    for (var place : places.entrySet()) {
      byte[] bad = good.clone();
      bad[place.getValue()] ^= 1;
      Files.write(path, bad);
      var e =
          assertThrowsExactly(FormatException.class, () -> ModelFile.load(path), place.getKey());
      assertTrue(e.getMessage().contains("The file is damaged"), e.getMessage());
    }
  }

  /// A fault of the content alone stays what it is.
  @Test
  void weightsOfAnotherModelAreNoDamage() {
    Model other = Model.input(INPUTS).dense(UNITS + 1).build();
    var sections = ModelFile.sections(other, Parameters.zeros(other).array(), ModelInfo.NONE);
    sections.put(TarnArchive.MODEL, TarnArchive.text(ModelJson.write(model())));
    Publisher.write(path, TarnArchive.content(sections, 1));
    assertThrowsExactly(ShapeException.class, () -> ModelFile.load(path));
  }
}
