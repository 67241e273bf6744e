package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.model.Weights;
import dev.tarn.io.numpy.Npy;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  private static final int HEIGHT = 36;
  private static final int WIDTH = 40;
  private static final int SIDE = 28;

  /// Two poolings of 2×2.
  private static final int STRIDE = 4;

  private static final int DOWN = (HEIGHT - SIDE) / STRIDE + 1;
  private static final int ACROSS = (WIDTH - SIDE) / STRIDE + 1;
  private static final int CLASSES = 10;

  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private Parameters textbook2() {
    Parameters parameters = Parameters.initialize(Zoo.TEXTBOOK2.model(), 3);
    ModelFile.of(
            parameters,
            ModelInfo.NONE.labels(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")))
        .save(folder.resolve("dense.tarn"));
    return parameters;
  }

  private Tensor run(String model, Tensor input) {
    Npy.write(folder.resolve("x.npy"), input);
    Session.output("run", file(model), "--input", file("x.npy"), "--output", file("y.npy"));
    return Npy.read(folder.resolve("y.npy"));
  }

  private static Tensor noise(Shape shape) {
    var random = SeededRandom.of(5);
    Tensor x = Tensor.zeros(shape);
    for (int i = 0; i < x.array().length; i++) {
      x.array()[i] = (float) random.uniform(0, 1);
    }
    return x;
  }

  /// One pass over a larger image gives the scores of all its crops, and pooling them what those of
  /// the crops come to.
  @Test
  void oneFullyConvolutionalPassScoresAllCrops() {
    textbook2();
    Tensor image = noise(Shape.of(1, 1, HEIGHT, WIDTH));
    Tensor crops = Tensor.zeros(Shape.of(DOWN * ACROSS, 1, SIDE, SIDE));
    for (int crop = 0; crop < DOWN * ACROSS; crop++) {
      for (int row = 0; row < SIDE; row++) {
        int at = (crop / ACROSS * STRIDE + row) * WIDTH + crop % ACROSS * STRIDE;
        System.arraycopy(image.array(), at, crops.array(), (crop * SIDE + row) * SIDE, SIDE);
      }
    }
    float[] scores = run("dense.tarn", crops).array();

    String size = HEIGHT + "x" + WIDTH;
    String dense = file("dense.tarn");
    Session.output("convert", dense, file("map.tarn"), "--fully-convolutional", "--size", size);
    Tensor map = run("map.tarn", image);
    assertEquals(Shape.of(1, CLASSES, DOWN, ACROSS), map.shape());
    double[] average = new double[CLASSES];
    float[] largest = new float[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      largest[c] = Float.NEGATIVE_INFINITY;
      for (int crop = 0; crop < DOWN * ACROSS; crop++) {
        float score = scores[crop * CLASSES + c];
        assertEquals(score, map.array()[c * DOWN * ACROSS + crop], 1e-5f);
        average[c] += score / (DOWN * ACROSS);
        largest[c] = Math.max(largest[c], score);
      }
    }
    for (String kind : List.of("average", "max")) {
      // Also through ONNX, whose graph has no dense layers either.
      for (String ending : List.of(".tarn", ".onnx")) {
        Session.output(
            "convert",
            dense,
            file(kind + ending),
            "--fully-convolutional",
            "--size",
            size,
            "--pool-scores",
            kind);
        Tensor pooled = run(kind + ending, image);
        assertEquals(Shape.of(1, CLASSES), pooled.shape());
        for (int c = 0; c < CLASSES; c++) {
          double wanted = kind.equals("max") ? largest[c] : average[c];
          assertEquals(wanted, pooled.array()[c], 1e-5, kind + ending);
        }
      }
    }
    assertEquals("3", ModelFile.load(folder.resolve("map.tarn")).info().labels().get(3));
  }

  @Test
  void atItsOwnSizeNothingChanges() {
    Parameters parameters = textbook2();
    Session.output("convert", file("dense.tarn"), file("same.tarn"), "--fully-convolutional");
    Parameters made = ModelFile.load(folder.resolve("same.tarn")).parameters();
    assertArrayEquals(parameters.array(), made.array());
    Tensor image = noise(Shape.of(2, 1, SIDE, SIDE));
    assertArrayEquals(run("dense.tarn", image).array(), run("same.tarn", image).array(), 1e-5f);
  }

  @Test
  void whatCannotBeMadeOfANetwork() {
    textbook2();
    String dense = file("dense.tarn");
    Session.of("convert", dense, file("a.tarn"), "--size", "36")
        .failed(65, "dense1.weight", "--fully-convolutional");
    Session.of("convert", dense, file("a.tarn"), "--pool-scores", "max")
        .failed(64, "--fully-convolutional");
    Session.of("convert", dense, file("a.tarn"), "--fully-convolutional", "--size", "1x2x3")
        .failed(64, "2 axes");
    Session.of("convert", dense, file("a.tarn"), "--fully-convolutional", "--size", "20")
        .failed(65, "dense1");
    Session.of("convert", dense, file("a.tarn"), "--pool-scores", "lp").failed(64, "AVERAGE, MAX");
  }

  @Test
  void weightsAloneNeedTheirNetwork() {
    Parameters parameters = textbook2();
    Session.output("convert", file("dense.tarn"), file("w.safetensors"));
    Session.of("convert", file("w.safetensors"), file("a.tarn")).failed(64, "--model");
    for (String model : List.of("textbook2", file("dense.tarn"))) {
      Session.output("convert", file("w.safetensors"), file("a.tarn"), "--model", model);
      assertArrayEquals(
          parameters.array(), ModelFile.load(folder.resolve("a.tarn")).parameters().array());
    }
    Session.of("convert", file("w.safetensors"), file("a.tarn"), "--model", "textbook")
        .failed(65, "conv1.weight");
    Session.of("convert", file("dense.tarn"), file("a.onnx"), "--model", "textbook2")
        .failed(64, ".safetensors");
    Session.of("summary", file("w.safetensors")).failed(65, "w.safetensors");
  }

  @Test
  void statesOfTorchvisionAreFoundOut() {
    Parameters parameters =
        Parameters.initialize(Zoo.SQUEEZENET.model(Zoo.SQUEEZENET.input(), 2), 1);
    ModelFile.of(parameters, ModelInfo.NONE).save(folder.resolve("a.tarn"));
    Session.output(
        "convert",
        file("a.tarn"),
        file("t.safetensors"),
        "--names",
        "torchvision",
        "--model",
        "squeezenet");
    assertTrue(Weights.names(folder.resolve("t.safetensors")).contains("features.12.squeeze.bias"));
    Session.output(
        "convert",
        file("t.safetensors"),
        file("b.tarn"),
        "--model",
        "squeezenet",
        "--classes",
        "2");
    assertArrayEquals(
        parameters.array(), ModelFile.load(folder.resolve("b.tarn")).parameters().array());
    Session.of(
            "convert",
            file("t.safetensors"),
            file("b.tarn"),
            "--model",
            "squeezenet",
            "--classes",
            "2",
            "--names",
            "tarn")
        .failed(65, "conv1.weight [96, 3, 7, 7] is missing");
    Session.of("convert", file("a.tarn"), file("t.safetensors"), "--names", "torchvision")
        .failed(64, "--model");
  }

  @Test
  void namesOfOnesOwn() throws IOException {
    Parameters parameters = textbook2();
    Files.writeString(
        folder.resolve("names.json"),
        "{\"conv1\": \"a.0\", \"conv2\": \"a.3\", \"dense1\": \"b.0\", \"dense2\": \"b.2\"}");
    Session.output(
        "convert", file("dense.tarn"), file("w.safetensors"), "--names", file("names.json"));
    assertTrue(Weights.names(folder.resolve("w.safetensors")).contains("b.2.weight"));
    Session.output(
        "convert",
        file("w.safetensors"),
        file("a.tarn"),
        "--model",
        "textbook2",
        "--names",
        file("names.json"));
    assertArrayEquals(
        parameters.array(), ModelFile.load(folder.resolve("a.tarn")).parameters().array());
    Files.writeString(folder.resolve("bad.json"), "{\"conv9\": \"a.0\"}");
    Session.of("convert", file("dense.tarn"), file("w.safetensors"), "--names", file("bad.json"))
        .failed(64, "conv9");
    Files.write(folder.resolve("bytes.json"), new byte[] {(byte) 0xff});
    Session.of("convert", file("dense.tarn"), file("w.safetensors"), "--names", file("bytes.json"))
        .failed(65, "UTF-8");
  }
}
