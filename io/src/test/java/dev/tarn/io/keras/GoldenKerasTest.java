package dev.tarn.io.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.binary.Source;
import dev.tarn.io.hdf5.GoldenFile;
import dev.tarn.io.numpy.Npz;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Predictor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks of Keras (`src/test/golden/keras`, made by the script there) answer here as there, also
/// after they were written by us and read again.
class GoldenKerasTest {
  private static final Path FOLDER = Path.of("src/test/golden/keras");
  private static final double TOLERANCE = 1e-5;

  @TempDir Path folder;

  /// Keras' `[N, spatial…, C]` as a tensor.
  private static Tensor channelsLast(Tensor keras) {
    int[] sizes = keras.shape().toArray();
    int[] ours = sizes.clone();
    for (int axis = 2; axis < sizes.length; axis++) {
      ours[axis] = sizes[axis - 1];
    }
    if (sizes.length > 1) {
      ours[1] = sizes[sizes.length - 1];
    }
    return Tensor.of(Shape.of(ours), Layout.NHWC, keras.array());
  }

  private static List<Tensor> tensors(
      SequencedMap<String, Tensor> arrays, String stem, boolean last) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; arrays.containsKey(stem + i); i++) {
      all.add(last ? channelsLast(arrays.get(stem + i)) : arrays.get(stem + i));
    }
    return all;
  }

  private static void assertEqual(List<Tensor> expected, List<Tensor> found) {
    assertEquals(
        expected.stream().map(Tensor::shape).toList(), found.stream().map(Tensor::shape).toList());
    for (int i = 0; i < expected.size(); i++) {
      float[] wanted = expected.get(i).to(Layout.NCHW).array();
      float[] got = found.get(i).to(Layout.NCHW).array();
      for (int k = 0; k < wanted.length; k++) {
        assertEquals(wanted[k], got[k], TOLERANCE * Math.max(1, Math.abs(wanted[k])));
      }
    }
  }

  private static List<Tensor> predict(KerasModel network, List<Tensor> inputs) {
    return Predictor.of(network.model(), network.parameters()).predict(inputs);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one_axis",
        "two_axes",
        "three_axes",
        "merges",
        "activations",
        "shapes",
        "channels_first",
        "norms",
        "inner"
      })
  void answers_are_those_of_keras(String name) {
    boolean last = !name.equals("channels_first");
    SequencedMap<String, Tensor> arrays = Npz.read(FOLDER.resolve(name + ".npz"));
    List<Tensor> inputs = tensors(arrays, "x", last);
    List<Tensor> outputs = tensors(arrays, "y", last);
    assertTrue(!inputs.isEmpty() && !outputs.isEmpty());
    KerasModel zip = KerasModel.load(FOLDER.resolve(name + ".keras"));
    assertEqual(outputs, predict(zip, inputs));
    byte[] h5 = GoldenFile.bytes("keras/" + name + ".h5");
    assertEqual(outputs, predict(KerasModel.read(Source.of(name + ".h5", h5)), inputs));
  }

  @ParameterizedTest
  @ValueSource(strings = {"one_axis", "two_axes", "three_axes", "merges", "shapes", "inner"})
  void what_we_write_answers_likewise(String name) throws Exception {
    SequencedMap<String, Tensor> arrays = Npz.read(FOLDER.resolve(name + ".npz"));
    List<Tensor> inputs = tensors(arrays, "x", true);
    KerasModel network = KerasModel.load(FOLDER.resolve(name + ".keras"));
    List<Tensor> outputs = predict(network, inputs);
    Path zip = folder.resolve("a.keras");
    network.saveKeras(zip);
    assertEqual(outputs, predict(KerasModel.load(zip), inputs));
    Path h5 = folder.resolve("a.h5");
    network.saveH5(h5);
    assertEqual(outputs, predict(KerasModel.load(h5), inputs));
    byte[] once = Files.readAllBytes(zip);
    network.saveKeras(zip);
    assertTrue(java.util.Arrays.equals(once, Files.readAllBytes(zip)), "the same bytes");
  }
}
