package dev.tarn.io.model;

import static dev.tarn.error.TarnException.quote;
import static dev.tarn.io.model.ShapeJson.bias;
import static dev.tarn.io.model.ShapeJson.cells;
import static dev.tarn.io.model.ShapeJson.choice;
import static dev.tarn.io.model.ShapeJson.sizes;
import static dev.tarn.io.model.ShapeJson.window;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Select;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Transpose;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Statistic;
import java.util.Arrays;
import java.util.Set;

/// One layer as JSON and back. A file can only name what stands in [#read]: no class is looked up,
/// nothing runs.
final class LayerJson {
  /// Every word a layer may be called by in a file.
  static final Set<String> WORDS =
      Set.of(
          "input",
          "conv",
          "transposedConv",
          "dense",
          "pool",
          "maxUnpool",
          "averageUnpool",
          "flatten",
          "reshape",
          "activate",
          "softmax",
          "batchNorm",
          "localResponseNorm",
          "dropout",
          "zeroPad",
          "upsample",
          "add",
          "multiply",
          "concat",
          "constant",
          "combine",
          "transpose",
          "select",
          "reduce",
          "resize");

  private LayerJson() {}

  static Json.Members write(Layer layer) {
    return switch (layer) {
      case Input(var shape) -> word("input").with("shape", sizes(shape));
      case Conv conv ->
          word("conv")
              .with("outChannels", conv.outChannels())
              .with("window", window(conv.window()))
              .with("groups", conv.groups())
              .with("bias", bias(conv.bias()))
              .with("initializer", initializer(conv.initializer()));
      case TransposedConv conv ->
          word("transposedConv")
              .with("outChannels", conv.outChannels())
              .with("window", window(conv.window()))
              .with("outputPadding", Json.wholes(conv.outputPadding()))
              .with("groups", conv.groups())
              .with("bias", bias(conv.bias()))
              .with("initializer", initializer(conv.initializer()));
      case Dense dense ->
          word("dense")
              .with("units", dense.units())
              .with("bias", bias(dense.bias()))
              .with("initializer", initializer(dense.initializer()));
      case Pool(var reduction, var regions) ->
          word("pool")
              .with("reduction", PoolingJson.write(reduction))
              .with("regions", PoolingJson.write(regions));
      case MaxUnpool(var sizes, var duplicates) ->
          word("maxUnpool")
              .with("sizes", Json.wholes(sizes))
              .with("duplicates", choice(duplicates));
      case AverageUnpool(var regions, var sizes) ->
          word("averageUnpool")
              .with("regions", PoolingJson.write(regions))
              .with("sizes", Json.wholes(sizes));
      case Flatten(var order) -> word("flatten").with("order", choice(order));
      case Reshape(var shape) -> word("reshape").with("shape", sizes(shape));
      case Activate(var function) -> ActivationJson.write(word("activate"), function);
      case Softmax() -> word("softmax");
      case BatchNorm(double epsilon, double momentum) ->
          word("batchNorm")
              .with("epsilon", JsonCursor.real(epsilon))
              .with("momentum", JsonCursor.real(momentum));
      case LocalResponseNorm norm ->
          word("localResponseNorm")
              .with("size", norm.size())
              .with("alpha", JsonCursor.real(norm.alpha()))
              .with("beta", JsonCursor.real(norm.beta()))
              .with("k", JsonCursor.real(norm.k()));
      case Dropout(double rate) -> word("dropout").with("rate", JsonCursor.real(rate));
      case ZeroPad(var padding) -> word("zeroPad").with("padding", ShapeJson.padding(padding));
      case Upsample(var factors, var interpolation) ->
          word("upsample")
              .with("factors", Json.wholes(factors))
              .with("interpolation", choice(interpolation));
      case Add() -> word("add");
      case Multiply() -> word("multiply");
      case Concat() -> word("concat");
      case Constant(var shape) -> word("constant").with("shape", sizes(shape));
      case Combine(var operator) -> word("combine").with("operator", choice(operator));
      case Transpose(var order) -> word("transpose").with("order", Json.wholes(order));
      case Select(var cells, double fill) ->
          word("select")
              .with("cells", new Json.Items(cells.stream().<Json>map(Json::wholes).toList()))
              .with("fill", JsonCursor.real(fill));
      case Reduce(var statistic, var axes) ->
          word("reduce").with("statistic", choice(statistic)).with("axes", Json.wholes(axes));
      case Resize(var axes) ->
          word("resize").with("axes", new Json.Items(axes.stream().map(LayerJson::blend).toList()));
      case CustomLayer custom ->
          throw new UnsupportedException(
              "%s is a layer of your own; its code cannot be stored.".formatted(custom.kind()));
    };
  }

  /// The layer at a place that also has `name` and `from`.
  static Layer read(JsonCursor at) {
    String word = at.get("layer").text();
    return switch (word) {
      case "input" -> new Input(sizes(only(at, "shape").get("shape")));
      case "conv" -> {
        only(at, "outChannels", "window", "groups", "bias", "initializer");
        yield new Conv(
            at.get("outChannels").integer(),
            window(at.get("window")),
            at.get("groups").integer(),
            bias(at.get("bias")),
            initializer(at.get("initializer")));
      }
      case "transposedConv" -> {
        only(at, "outChannels", "window", "outputPadding", "groups", "bias", "initializer");
        yield new TransposedConv(
            at.get("outChannels").integer(),
            window(at.get("window")),
            cells(at.get("outputPadding")),
            at.get("groups").integer(),
            bias(at.get("bias")),
            initializer(at.get("initializer")));
      }
      case "dense" -> {
        only(at, "units", "bias", "initializer");
        yield new Dense(
            at.get("units").integer(), bias(at.get("bias")), initializer(at.get("initializer")));
      }
      case "pool" -> {
        only(at, "reduction", "regions");
        yield new Pool(
            PoolingJson.reduction(at.get("reduction")), PoolingJson.regions(at.get("regions")));
      }
      case "maxUnpool" -> {
        only(at, "sizes", "duplicates");
        yield new MaxUnpool(
            cells(at.get("sizes")), choice(at.get("duplicates"), Duplicates.values()));
      }
      case "averageUnpool" -> {
        only(at, "regions", "sizes");
        yield new AverageUnpool(PoolingJson.regions(at.get("regions")), cells(at.get("sizes")));
      }
      case "flatten" -> new Flatten(choice(only(at, "order").get("order"), Layout.values()));
      case "reshape" -> new Reshape(sizes(only(at, "shape").get("shape")));
      case "activate" -> new Activate(ActivationJson.read(at));
      case "softmax" -> {
        only(at);
        yield new Softmax();
      }
      case "batchNorm" -> {
        only(at, "epsilon", "momentum");
        yield new BatchNorm(at.get("epsilon").real(), at.get("momentum").real());
      }
      case "localResponseNorm" -> {
        only(at, "size", "alpha", "beta", "k");
        yield new LocalResponseNorm(
            at.get("size").integer(),
            at.get("alpha").real(),
            at.get("beta").real(),
            at.get("k").real());
      }
      case "dropout" -> new Dropout(only(at, "rate").get("rate").real());
      case "zeroPad" -> new ZeroPad(ShapeJson.sides(only(at, "padding").get("padding")));
      case "upsample" -> {
        only(at, "factors", "interpolation");
        yield new Upsample(
            cells(at.get("factors")), choice(at.get("interpolation"), Interpolation.values()));
      }
      case "add" -> {
        only(at);
        yield new Add();
      }
      case "multiply" -> {
        only(at);
        yield new Multiply();
      }
      case "concat" -> {
        only(at);
        yield new Concat();
      }
      case "constant" -> new Constant(sizes(only(at, "shape").get("shape")));
      case "combine" ->
          new Combine(choice(only(at, "operator").get("operator"), Operator.values()));
      case "transpose" -> new Transpose(cells(only(at, "order").get("order")));
      case "select" -> {
        only(at, "cells", "fill");
        yield new Select(
            at.get("cells").list(axis -> axis.list(JsonCursor::integer)), at.get("fill").real());
      }
      case "reduce" -> {
        only(at, "statistic", "axes");
        yield new Reduce(choice(at.get("statistic"), Statistic.values()), cells(at.get("axes")));
      }
      case "resize" -> new Resize(only(at, "axes").get("axes").list(LayerJson::blend));
      default ->
          throw new UnsupportedException(
              "%s: %s: the layer \"%s\" is not known."
                  .formatted(quote(at.file()), quote(at.path()), quote(word)));
    };
  }

  private static Json.Members word(String word) {
    return Json.members().with("layer", word);
  }

  static JsonCursor only(JsonCursor at, String... names) {
    String[] all = Arrays.copyOf(names, names.length + 3);
    all[names.length] = "name";
    all[names.length + 1] = "layer";
    all[names.length + 2] = "from";
    return at.only(all);
  }

  private static Json blend(Blend blend) {
    return Json.members()
        .with("inputs", blend.inputs())
        .with("starts", Json.wholes(blend.starts()))
        .with("cells", Json.wholes(blend.cells()))
        .with("weights", new Json.Items(blend.weights().stream().map(JsonCursor::real).toList()));
  }

  private static Blend blend(JsonCursor at) {
    at.only("inputs", "starts", "cells", "weights");
    return new Blend(
        at.get("inputs").integer(),
        at.get("starts").list(JsonCursor::integer),
        at.get("cells").list(JsonCursor::integer),
        at.get("weights").list(JsonCursor::real));
  }

  private static Json initializer(Initializer initializer) {
    return switch (initializer) {
      case Initializer.He() -> Json.members().with("kind", "he");
      case Initializer.Glorot() -> Json.members().with("kind", "glorot");
      case Initializer.Constant(double value) ->
          Json.members().with("kind", "constant").with("value", JsonCursor.real(value));
      case Initializer.Normal(double deviation) ->
          Json.members().with("kind", "normal").with("deviation", JsonCursor.real(deviation));
    };
  }

  private static Initializer initializer(JsonCursor at) {
    return switch (at.get("kind").text()) {
      case "he" -> {
        at.only("kind");
        yield Initializer.HE;
      }
      case "glorot" -> {
        at.only("kind");
        yield Initializer.GLOROT;
      }
      case "constant" -> new Initializer.Constant(at.only("kind", "value").get("value").real());
      case "normal" -> new Initializer.Normal(at.only("kind", "deviation").get("deviation").real());
      default ->
          throw at.get("kind")
              .malformed(
                  "is \"%s\"".formatted(at.get("kind").text()), "he, glorot, constant or normal");
    };
  }
}
