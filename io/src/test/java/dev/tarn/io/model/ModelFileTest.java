package dev.tarn.io.model;

import static dev.tarn.io.Faults.SEED;
import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.safetensors.SafeTensorsWriter;
import dev.tarn.io.store.Content;
import dev.tarn.io.zip.ZipWriter;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  @TempDir private Path folder;

  private static final ModelInfo INFO =
      ModelInfo.NONE
          .labels(List.of("null", "größe \"\u0007"))
          .normalization(new ModelInfo.Normalization(List.of(0.1307), List.of(0.3081)))
          .note("data", "digits")
          .note("accuracy", "0.99");

  private static byte[] bytes(Content content) {
    var out = new ByteArrayOutputStream();
    try {
      content.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] checkpoint() {
    Model model = SampleModels.small();
    var state = SampleModels.state(model, 7);
    var sections = ModelFile.sections(model, state.bestParameters(), INFO);
    sections.put(TarnArchive.TRAINING, TarnArchive.text(TrainingJson.write(state)));
    sections.put(TarnArchive.TRAINING_ARRAYS, TrainingJson.arrays(state, model));
    return bytes(TarnArchive.content(sections, 3));
  }

  private static ModelFile read(byte[] bytes) {
    return ModelFile.read(Source.of("m.tarn", bytes));
  }

  @Test
  void what_is_saved_is_loaded_bit_for_bit() throws IOException {
    for (Model model : List.of(SampleModels.small(), SampleModels.everything())) {
      var parameters = Parameters.initialize(model, 5);
      parameters.array()[model.parameters().getLast().at()] = Float.intBitsToFloat(0x7fc12345);
      Path path = folder.resolve("m.tarn");
      ModelFile.of(parameters, INFO).save(path);
      byte[] first = Files.readAllBytes(path);
      ModelFile back = ModelFile.load(path);
      assertArrayEquals(parameters.array(), back.parameters().array());
      assertEquals(INFO, back.info());
      assertEquals(ModelJson.write(model), ModelJson.write(back.model()));
      back.save(path);
      assertArrayEquals(first, Files.readAllBytes(path), "the same content, the same bytes");
      assertEquals(
          0x7fc12345,
          Float.floatToRawIntBits(back.parameters().array()[model.parameters().getLast().at()]));
    }
  }

  @Test
  void files_of_version_1_stay_what_they_are() throws IOException {
    try (InputStream golden = ModelFileTest.class.getResourceAsStream("version1.tarn")) {
      byte[] bytes = golden.readAllBytes();
      assertEquals(INFO, read(bytes).info());
      assertArrayEquals(bytes, checkpoint(), "today's writer writes the same");
    }
  }

  @Test
  void any_tool_can_open_it() throws IOException {
    Path path = Files.write(folder.resolve("m.tarn"), checkpoint());
    try (ZipFile zip = new ZipFile(path.toFile())) {
      assertEquals(
          List.of(
              "model.json",
              "about.json",
              "weights.safetensors",
              "training.json",
              "training.safetensors",
              "manifest.json"),
          zip.stream().map(e -> e.getName()).toList());
      String about =
          new String(
              zip.getInputStream(zip.getEntry("about.json")).readAllBytes(),
              StandardCharsets.UTF_8);
      assertEquals(true, about.contains("\"accuracy\" : \"0.99\""), about);
    }
  }

  @Test
  void c7_some_flipped_bits_are_found() {
    byte[] good = checkpoint();
    Random random = new Random(SEED);
    for (int i = 0; i < 2000; i++) {
      requireFound(good, random.nextInt(8 * good.length));
    }
  }

  @Test
  @Tag("long")
  void c7_every_flipped_bit_is_found() {
    byte[] good = checkpoint();
    for (int bit = 0; bit < 8 * good.length; bit++) {
      requireFound(good, bit);
    }
  }

  private static void requireFound(byte[] good, int bit) {
    byte[] bad = good.clone();
    bad[bit / 8] ^= (byte) (1 << bit % 8);
    assertThrowsExactly(
        FormatException.class, () -> TarnArchive.read(Source.of("m.tarn", bad)), "bit " + bit);
  }

  @Test
  void c7_cut_at_every_length_and_lengthened() {
    byte[] good = checkpoint();
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertFault(
          FormatException.class, () -> TarnArchive.read(Source.of("m.tarn", cut)), "m.tarn");
    }
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertFault(FormatException.class, () -> read(longer), "m.tarn");
  }

  @Test
  void mutations_end_in_our_faults() {
    assertOnlyOurFaults(checkpoint(), ModelFileTest::read);
  }

  private static byte[] with(String manifest, Map<String, Content> sections) {
    return bytes(out -> {
      var zip = new ZipWriter(out);
      for (var section : sections.entrySet()) {
        zip.add(section.getKey(), section.getValue());
      }
      zip.add("manifest.json", Content.of(manifest.getBytes(StandardCharsets.UTF_8)));
      zip.finish();
    });
  }

  @Test
  void c8_newer_versions_and_other_files() {
    assertFault(
        UnsupportedException.class,
        () -> read(with("{\"format\":\"tarn\",\"version\":2,\"new\":1}", Map.of())),
        "m.tarn: is of format version 2",
        "up to 1",
        "newer Tarn");
    assertFault(
        FormatException.class,
        () -> read(with("{\"format\":\"x\",\"version\":1}", Map.of())),
        "is not \"tarn\"");
    assertFault(FormatException.class, () -> read(new byte[100]), "m.tarn", "no zip");
    assertFault(
        FormatException.class,
        () ->
            read(
                bytes(out -> {
                  var zip = new ZipWriter(out);
                  zip.add("a", Content.of(new byte[1]));
                  zip.finish();
                })),
        "m.tarn: has no manifest.json");
  }

  @Test
  void only_known_sections_and_all_that_are_needed() {
    Map<String, Content> evil = Map.of("run.sh", Content.of(new byte[] {1}));
    assertFault(
        FormatException.class,
        () -> read(bytes(TarnArchive.content(evil, 1))),
        "run.sh",
        "one of [model.json, about.json");
    Map<String, Content> some = Map.of("about.json", TarnArchive.text(ModelInfo.NONE.json()));
    assertFault(
        FormatException.class,
        () -> read(bytes(TarnArchive.content(some, 1))),
        "has no model.json");
  }

  @Test
  void weights_of_another_model_are_listed_one_by_one() {
    Model model = SampleModels.small();
    var sections = ModelFile.sections(model, Parameters.zeros(model).array(), INFO);
    var other =
        new SafeTensorsWriter()
            .add("conv1.weight", Tensor.zeros(Shape.of(3, 1, 3, 3)))
            .add("conv1.bias", Tensor.zeros(Shape.of(2)))
            .add("dense1.weight", Tensor.zeros(Shape.of(2, 2)))
            .add("dense2.bias", Tensor.zeros(Shape.of(2)));
    sections.put(TarnArchive.WEIGHTS, other);
    byte[] bytes = bytes(TarnArchive.content(sections, 1));
    assertFault(
        ShapeException.class,
        () -> read(bytes),
        "m.tarn: its 4 arrays do not fit the model's 4 parameters",
        "conv1.weight is [3, 1, 3, 3], the model has [2, 1, 3, 3]",
        "dense1.bias [2] is missing",
        "dense2.bias is not in the model");
  }

  @Test
  void about_is_checked() {
    Model model = SampleModels.small();
    var sections = ModelFile.sections(model, Parameters.zeros(model).array(), INFO);
    var bad = new LinkedHashMap<>(sections);
    bad.put(
        TarnArchive.ABOUT,
        Content.of("{\"labels\":[1],\"notes\":{}}".getBytes(StandardCharsets.UTF_8)));
    assertFault(
        FormatException.class,
        () -> read(bytes(TarnArchive.content(bad, 1))),
        "m.tarn!about.json",
        "$.labels[0]");
    bad.put(
        TarnArchive.ABOUT,
        Content.of(
            "{\"labels\":[],\"normalization\":{\"mean\":[0],\"deviation\":[0]},\"notes\":{}}"
                .getBytes(StandardCharsets.UTF_8)));
    assertFault(
        FormatException.class,
        () -> read(bytes(TarnArchive.content(bad, 1))),
        "$.normalization is not possible",
        "above 0");
    assertFault(
        ParameterException.class,
        () -> new ModelInfo.Normalization(List.of(1.0), List.of()),
        "1 means and 0 deviations");
  }

  @Test
  void weights_alone() throws IOException {
    Model model = SampleModels.everything();
    var parameters = Parameters.initialize(model, 3);
    Path path = folder.resolve("w.safetensors");
    Weights.save(path, parameters);
    assertArrayEquals(parameters.array(), Weights.load(path, model).array());
    assertFault(
        ShapeException.class,
        () -> Weights.load(path, SampleModels.small()),
        "w.safetensors",
        "do not fit the model's 4 parameters",
        "more");
  }

  @Test
  void what_cannot_be_loaded_or_saved() {
    assertFault(
        StoreException.class,
        () -> ModelFile.load(folder.resolve("no.tarn")),
        "no.tarn",
        "no such file");
    var parameters = Parameters.zeros(SampleModels.small());
    assertFault(
        StoreException.class,
        () -> ModelFile.of(parameters, INFO).save(folder.resolve("no/m.tarn")),
        "folder does not exist");
    assertFault(
        ParameterException.class,
        () -> new ModelFile(SampleModels.small(), parameters, INFO),
        "belong to another model");
  }
}
