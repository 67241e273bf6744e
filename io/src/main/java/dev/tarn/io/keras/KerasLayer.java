package dev.tarn.io.keras;

import dev.tarn.io.binary.BinaryWriter;
import dev.tarn.io.json.Json;
import dev.tarn.tensor.Shape;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/// One layer of a file that is being written.
///
/// @param kind its class
/// @param name unique in the file
/// @param config its settings, without name and type
/// @param inputs names of the layers it is applied to
/// @param output sizes of its result as Keras has them, without the batch
/// @param weights in Keras' order
record KerasLayer(
    String kind,
    String name,
    Json.Members config,
    List<String> inputs,
    List<Integer> output,
    List<Weight> weights) {

  KerasLayer {
    inputs = List.copyOf(inputs);
    output = List.copyOf(output);
    weights = List.copyOf(weights);
  }

  /// An array of a layer: a parameter with its axes in another order.
  ///
  /// @param name as in Keras: `kernel`
  /// @param array where the parameter lies
  /// @param at its first number there
  /// @param ours its sizes
  /// @param order which axis of the parameter each axis of the array is
  @SuppressWarnings("ArrayRecordComponent") // the model's own array, which is not copied
  record Weight(String name, float[] array, int at, List<Integer> ours, List<Integer> order) {
    /// The array's sizes.
    Shape shape() {
      return Shape.of(order.stream().mapToInt(ours::get).toArray());
    }

    /// Runs along the array, row by row of its last axis.
    void writeTo(BinaryWriter to) throws IOException {
      int axes = order.size();
      int[] steps = new int[axes];
      int step = 1;
      for (int axis = axes - 1; axis >= 0; axis--) {
        steps[order.indexOf(axis)] = step;
        step *= ours.get(axis);
      }
      int[] sizes = shape().toArray();
      int last = axes - 1;
      float[] row = new float[sizes[last]];
      int[] index = new int[axes];
      int rows = step / Math.max(1, sizes[last]);
      for (int r = 0; r < rows; r++) {
        int from = at;
        for (int axis = 0; axis < last; axis++) {
          from += index[axis] * steps[axis];
        }
        for (int i = 0; i < row.length; i++) {
          row[i] = array[from + i * steps[last]];
        }
        to.floats(row);
        for (int axis = last - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) {
          index[axis] = 0;
        }
      }
    }
  }

  /// The layer as a member of a network's configuration.
  Json.Members json(List<List<Integer>> inputSizes) {
    Json.Members full =
        Json.members()
            .with("name", name)
            .with("trainable", new Json.Truth(true))
            .with("dtype", "float32");
    for (var member : config.members().entrySet()) {
      full = full.with(member.getKey(), member.getValue());
    }
    List<Json> tensors =
        IntStream.range(0, inputs.size())
            .<Json>mapToObj(i -> tensor(inputs.get(i), inputSizes.get(i)))
            .toList();
    Json argument = tensors.size() == 1 ? tensors.getFirst() : new Json.Items(tensors);
    Json node =
        Json.members()
            .with("args", new Json.Items(List.of(argument)))
            .with("kwargs", Json.members());
    return Json.members()
        .with("module", "keras.layers")
        .with("class_name", kind)
        .with("config", full)
        .with("registered_name", new Json.Nothing())
        .with("name", name)
        .with("inbound_nodes", new Json.Items(inputs.isEmpty() ? List.of() : List.of(node)));
  }

  private static Json tensor(String layer, List<Integer> sizes) {
    return Json.members()
        .with("class_name", "__keras_tensor__")
        .with(
            "config",
            Json.members()
                .with("shape", batch(sizes))
                .with("dtype", "float32")
                .with("keras_history", history(layer)));
  }

  /// `[name, 0, 0]`
  static Json history(String layer) {
    return new Json.Items(List.of(new Json.Text(layer), new Json.Whole(0), new Json.Whole(0)));
  }

  /// Sizes with an open batch in front.
  static Json batch(List<Integer> sizes) {
    List<Json> all = new java.util.ArrayList<>(List.of(new Json.Nothing()));
    sizes.forEach(size -> all.add(new Json.Whole(size)));
    return new Json.Items(all);
  }
}
