"""Pooling as TensorFlow, Keras, the ONNX reference evaluator and ONNX Runtime compute it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from cases import Book, Oracle, adaptive, close, per_axis, pick, rng, same, sliding, usable, whole

SHAPES = {1: [(1, 2, 7), (2, 1, 10), (1, 3, 5)], 2: [(1, 2, 5, 5), (2, 1, 6, 7), (1, 3, 4, 9)], 3: [(1, 2, 4, 4, 4), (1, 1, 5, 3, 6)]}
KERNELS = {1: [1, 2, 3, 4], 2: [1, 2, 3, (3, 2), (1, 3), (2, 4)], 3: [1, 2, 3, (3, 2, 1)]}
STRIDES = {1: [1, 2, 3, 4], 2: [1, 2, 3, (2, 1), (1, 3)], 3: [1, 2, 3, (2, 1, 3)]}


def label(*parts):
    return "-".join("x".join(map(str, p)) if isinstance(p, (tuple, list)) else str(p) for p in parts)


def last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def first(x):
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def geometry(shape, k, s, d, padding):
    spatial = shape[2:]
    if padding.startswith("SAME"):
        pads = [same(n, *a, upper=padding != "SAME_LOWER") for n, *a in zip(spatial, k, s, d)]
    else:
        pads = [(0, 0)] * len(spatial)
    return [sliding(n, *a, *p) for n, *a, p in zip(spatial, k, s, d, pads)]


def words_of(op, profile, dims, k, s, padding, d=(1,), **more):
    words = {"op": op, "profile": profile, "dims": dims, "kernel": k, "stride": s, "auto_pad": padding}
    if any(v != 1 for v in d):
        words["dilation"] = d
    return words | more


def taped(f, x, dy_step=1):
    t = tf.constant(last(x))
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = f(t)
    dy = whole(first(y.numpy()).shape, "dy", step=dy_step)
    return first(y.numpy()), dy, first(tape.gradient(y, t, tf.constant(last(dy))).numpy())


def every_maximum(x, axes, y, dy):
    """The gradient when each cell that holds the maximum gets all of it."""
    planes, dx = x.reshape(-1, np.prod(x.shape[2:])), np.zeros(x.shape)
    flat = dx.reshape(planes.shape)
    for o, (cells, _) in enumerate(Oracle(x, axes).windows):
        for c in range(len(planes)):
            flat[c, cells] += dy.reshape(len(planes), -1)[c, o] * (planes[c, cells] == y.reshape(len(planes), -1)[c, o])
    return dx


def tensorflow():
    book = Book("tensorflow")
    for dims, count in ((1, 50), (2, 80), (3, 40)):
        biggest = (tf.nn.max_pool1d, tf.nn.max_pool2d, tf.nn.max_pool3d)[dims - 1]
        average = (tf.nn.avg_pool1d, tf.nn.avg_pool2d, tf.nn.avg_pool3d)[dims - 1]
        for shape, k, s, padding in pick(("tf", dims), None, SHAPES[dims], KERNELS[dims], STRIDES[dims], ["SAME", "VALID"]):
            k, s, d = per_axis(k, dims), per_axis(s, dims), (1,) * dims
            axes = geometry(shape, k, s, d, padding)
            if not usable(axes):
                continue
            name = label(shape, "k", k, "s", s, padding)
            x = whole(shape, "x")
            y, dy, dx = taped(lambda t: biggest(t, list(k), list(s), padding), x)
            oy, oi, odx = Oracle(x, axes).max(dy)
            assert (y == oy).all(), name
            words, extra = words_of("max", "TENSORFLOW", dims, k, s, padding), {}
            if not (dx == odx).all():
                # TensorFlow's 3-D kernel gives the gradient to every cell that holds the maximum.
                assert dims == 3 and (dx == every_maximum(x, axes, y, dy)).all(), name
                words["decided"], extra = "first-maximum", dict(ours_dx=odx)
            book.case("max-" + name, words, dict(x=x, y=y, dy=dy, dx=dx) | extra)
            x = whole(shape, "x", step=36)
            y, dy, dx = taped(lambda t: average(t, list(k), list(s), padding), x, 36)
            oy, _, odx = Oracle(x, axes).average(dy)
            assert close(y, oy) and close(dx, odx, 1e-5, 1e-4), name
            book.case("average-" + name, words_of("average", "TENSORFLOW", dims, k, s, padding), dict(x=x, y=y, dy=dy, dx=dx))
            count -= 1
            if count == 0:
                break
    # The traps of SAME, by hand: window 1 with stride 3, an even window, and a stride beyond the window.
    for n, k, s in [(5, 1, 3), (5, 2, 1), (6, 2, 3), (1, 3, 2), (2, 3, 1), (7, 4, 3), (3, 5, 1)]:
        x = np.arange(1, n + 1, dtype=np.float32).reshape(1, 1, n)
        y, dy, dx = taped(lambda t: tf.nn.max_pool1d(t, k, s, "SAME"), x)
        book.case(f"trap-max-n{n}-k{k}-s{s}", words_of("max", "TENSORFLOW", 1, (k,), (s,), "SAME"), dict(x=x, y=y, dy=dy, dx=dx))
        y, dy, dx = taped(lambda t: tf.nn.avg_pool1d(t, k, s, "SAME"), x)
        book.case(f"trap-average-n{n}-k{k}-s{s}", words_of("average", "TENSORFLOW", 1, (k,), (s,), "SAME"), dict(x=x, y=y, dy=dy, dx=dx))
    # Dilation, which TensorFlow has for stride 1 and VALID only.
    for shape, k, d, padding in pick("tf dilation", 30, SHAPES[2], [2, 3, (3, 2)], [2, (1, 2), (2, 3)], ["VALID"]):
        k, d = per_axis(k, 2), per_axis(d, 2)
        axes = geometry(shape, k, (1, 1), d, padding)
        if usable(axes):
            x = whole(shape, "x")
            y, dy, dx = taped(lambda t: tf.nn.pool(t, list(k), "MAX", padding=padding, dilations=list(d)), x)
            oy, _, odx = Oracle(x, axes).max(dy)
            assert (y == oy).all() and (dx == odx).all(), (shape, k, d)
            words = words_of("max", "TENSORFLOW", 2, k, (1, 1), padding, d)
            book.case(label("max", shape, "k", k, "d", d, padding), words, dict(x=x, y=y, dy=dy, dx=dx))
    # Indices, flat in NHWC: (y·W + x)·C + c.
    for shape, k, s, padding in pick("tf argmax", 24, SHAPES[2], KERNELS[2], STRIDES[2], ["SAME", "VALID"]):
        k, s = per_axis(k, 2), per_axis(s, 2)
        axes = geometry(shape, k, s, (1, 1), padding)
        if usable(axes):
            x = whole(shape, "x")
            y, i = tf.nn.max_pool_with_argmax(last(x), list(k), list(s), padding, include_batch_in_index=False)
            words = words_of("max", "TENSORFLOW", 2, k, s, padding, indices="nhwc")
            _, oi, _ = Oracle(x, axes).max()
            c = np.arange(shape[1]).reshape(1, -1, 1, 1)
            assert (first(i.numpy()) == oi * shape[1] + c).all()
            book.case(label("argmax", shape, "k", k, "s", s, padding), words, dict(x=x, y=first(y.numpy()), i=first(i.numpy())))
    # NaN and infinities.
    for n, (kind, dims, k, s, padding) in enumerate(pick("tf nan", 40, ["nan", "nans", "inf", "-inf", "column"], [1, 2], [2, 3], [1, 2], ["SAME", "VALID"])):
        shape = (1, 2, 9) if dims == 1 else (1, 2, 5, 6)
        r = rng("tf nan", n)
        x = r.integers(-9, 10, shape).astype(np.float32)
        x[r.random(shape) < {"nan": 0.1, "nans": 0.5, "inf": 0.2, "-inf": 0.8, "column": 0.1}[kind]] = {"inf": np.inf, "-inf": -np.inf}.get(kind, np.nan)
        if kind == "column":
            x[..., :3] = np.nan
        k, s = (k,) * dims, (s,) * dims
        y = first((tf.nn.max_pool1d, tf.nn.max_pool2d)[dims - 1](last(x), list(k), list(s), padding).numpy())
        oy, _, _ = Oracle(x, geometry(shape, k, s, (1,) * dims, padding)).max(ignore_nan=True)
        words, extra = words_of("max", "TENSORFLOW", dims, k, s, padding), {}
        if not close(y, oy, 0, 0):
            wrong = ~((y == oy) | (np.isnan(y) & np.isnan(oy)))
            assert (y[wrong] == np.finfo(np.float32).min).all(), (kind, y[wrong], oy[wrong])
            words["decided"], extra = "no-sentinel", dict(ours_y=oy)
        book.case(label(kind, shape, "k", k, "s", s, padding), words, dict(x=x, y=y) | extra)
    return book


def keras_book():
    """Global pooling and the adaptive layers of Keras on TensorFlow; equal maxima share the gradient."""
    book = Book("keras")
    for dims in (1, 2, 3):
        for shape in SHAPES[dims]:
            axes = [adaptive(n, 1) for n in shape[2:]]
            for kind, low in (("max", -3), ("max", -9), ("average", -9)):
                layer = getattr(keras.layers, f"Global{kind.title()}Pooling{dims}D")(keepdims=True)
                x = whole(shape, ("keras", low), low, -low)
                y, dy, dx = taped(layer, x)
                oracle = Oracle(x, axes)
                oy, _, odx = oracle.max(dy, split=True) if kind == "max" else oracle.average(dy)
                assert close(y, oy) and close(dx, odx, 1e-5, 1e-5), (shape, kind)
                book.case(label(kind, shape, low), {"op": f"adaptive-{kind}", "profile": "KERAS", "dims": dims, "sizes": (1,) * dims}, dict(x=x, y=y, dy=dy, dx=dx))
    for dims, sizes in ((1, [1, 2, 3, 5]), (2, [1, 2, 3, (3, 2), (2, 4)]), (3, [2, (1, 2, 3)])):
        for shape, size in pick(("keras", dims), None, SHAPES[dims], sizes):
            out = per_axis(size, dims)
            axes = [adaptive(n, o) for n, o in zip(shape[2:], out)]
            if any(o > n for n, o in zip(shape[2:], out)):
                continue
            # The average only: the maximum of Keras 3.15 on TensorFlow 2.21 divides by zero and ends the process.
            x = whole(shape, "x", step=36)
            y = first(getattr(keras.layers, f"AdaptiveAveragePooling{dims}D")(size)(last(x)).numpy())
            assert close(y, Oracle(x, axes).average()[0], 1e-5, 1e-4), (shape, out)
            words = {"op": "adaptive-average", "profile": "KERAS", "dims": dims, "sizes": out}
            book.case(label("adaptive", shape, "to", out), words, dict(x=x, y=y))
    return book


def model(op, x, count, opset, attributes):
    node = helper.make_node(op, ["x"], ["y", "i"][:count], **{k: v for k, v in attributes.items() if v is not None})
    outs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None), helper.make_tensor_value_info("i", TensorProto.INT64, None)]
    graph = helper.make_graph([node], "case", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)], outs[:count])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def evaluate(op, x, count=1, opset=21, **attributes):
    """What the reference evaluator gives, and what ONNX Runtime gives; None for the one that refuses."""
    m = model(op, x, count, opset, attributes)
    results = []
    for evaluate_with in (
        lambda: ReferenceEvaluator(m).run(None, {"x": x}),
        lambda: onnxruntime.InferenceSession(m.SerializeToString(), quiet(), providers=["CPUExecutionProvider"]).run(None, {"x": x}),
    ):
        try:
            results.append(evaluate_with())
        except Exception:  # noqa: BLE001: every refusal counts alike
            results.append(None)
    return results


def quiet():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return options


def onnx_axes(shape, k, s, d, pads, auto, ceil):
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return geometry(shape, k, s, d, auto)
    dims = len(k)
    return [sliding(n, *a, pads[j], pads[j + dims], ceil) for j, (n, *a) in enumerate(zip(shape[2:], k, s, d))]


PADS = {1: [None, (1, 1), (0, 1), (2, 1)], 2: [None, (1, 1, 1, 1), (0, 0, 1, 1), (1, 0, 0, 1)], 3: [None, (1, 1, 1, 1, 1, 1), (0, 1, 0, 1, 0, 1)]}


def onnx_cases(key, dims, ceils=(0, 1)):
    for shape, k, s, pads, d, auto, ceil in pick(
        (key, dims), None, SHAPES[dims], KERNELS[dims], STRIDES[dims], PADS[dims], [1, 1, 2], ["NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], ceils
    ):
        k, s, d = (per_axis(v, dims) for v in (k, s, d))
        if pads is not None and (auto != "NOTSET" or any(p >= size for p, size in zip(pads, k + k))):
            continue
        axes = onnx_axes(shape, k, s, d, pads or (0,) * (2 * dims), auto, bool(ceil) and auto == "NOTSET")
        if usable(axes):
            yield shape, k, s, pads, d, auto, ceil, axes


def onnx_words(op, dims, k, s, pads, d, auto, ceil, **more):
    words = words_of(op, "ONNX", dims, k, s, auto, d, rounding="ceil" if ceil else "floor", **more)
    if pads:
        words["before"], words["after"] = pads[:dims], pads[dims:]
    return words


def onnx_name(kind, shape, k, s, pads, d, auto, ceil, *more):
    return label(kind, shape, "k", k, "s", s, "p", pads or 0, "d", d, auto, "ceil" if ceil else "floor", *more)


def settle(words, results, ours, tally, *, key):
    """Which of the two agrees with Tarn goes into the case; a case in which neither does says so."""
    agree = []
    extra = {}
    for who, result in zip(("reference", "onnxruntime"), results):
        if result is None:
            tally[key, who, "refused"] = tally.get((key, who, "refused"), 0) + 1
        elif close(result[0], ours, 1e-5, 1e-5):
            agree.append(who)
            tally[key, who, "agrees"] = tally.get((key, who, "agrees"), 0) + 1
        else:
            extra[who] = result[0]
            tally[key, who, "differs"] = tally.get((key, who, "differs"), 0) + 1
    words["agree"] = agree or "none"
    if not agree:
        words["decided"] = reason(words, results)
    return extra


def reason(words, results):
    """Why neither of the two gives Tarn's answer; a case without a reason stops the script."""
    auto, dilated = words["auto_pad"], max(words.get("dilation", (1,))) > 1
    if auto == "VALID" and words["rounding"] == "ceil":
        return "valid-has-no-ceil"
    if auto.startswith("SAME") and dilated:
        return "same-counts-dilation"
    if auto.startswith("SAME"):
        if results[1] is not None:
            assert any(s > k for s, k in zip(words["stride"], words["kernel"])), words
        return "same-never-shifts"
    raise AssertionError(f"unexplained: {words}")


def onnx_book(tally):
    book = Book("onnx")
    for dims, count in ((1, 45), (2, 75), (3, 30)):
        for n, (shape, k, s, pads, d, auto, ceil, axes) in enumerate(onnx_cases("onnx average", dims)):
            if n >= count:
                break
            include = n % 2
            x = whole(shape, "x", step=36)
            shared = dict(kernel_shape=k, strides=s, dilations=d, pads=pads, auto_pad=auto)
            results = evaluate("AveragePool", x, ceil_mode=ceil, count_include_pad=include, **shared)
            ours = Oracle(x, axes).average(divisor="clipped" if include else "valid")[0]
            words = onnx_words("average", dims, k, s, pads, d, auto, ceil, count_include_pad=include)
            extra = settle(words, results, ours, tally, key=f"AveragePool include={include} {auto} ceil={ceil} d={max(d)}")
            book.case(onnx_name("average", shape, k, s, pads, d, auto, ceil, f"i{include}"), words, dict(x=x, y=ours) | extra)
        for n, (shape, k, s, pads, d, auto, ceil, axes) in enumerate(onnx_cases("onnx max", dims)):
            if n >= count:
                break
            x = whole(shape, "x")
            shared = dict(kernel_shape=k, strides=s, dilations=d, pads=pads, auto_pad=auto)
            indices = n % 2 == 0
            results = evaluate("MaxPool", x, 1 + indices, ceil_mode=ceil, storage_order=0 if indices else None, **shared)
            ours, oi, _ = Oracle(x, axes).max()
            planes = np.arange(shape[0] * shape[1]).reshape(shape[:2] + (1,) * dims) * np.prod(shape[2:])
            words = onnx_words("max", dims, k, s, pads, d, auto, ceil)
            extra = settle(words, results, ours, tally, key=f"MaxPool {auto} ceil={ceil} d={max(d)}")
            if indices:
                words["indices"] = "tensor"
                extra["i"] = oi + planes
                for who, result in zip(("reference", "onnxruntime"), results):
                    if who in words["agree"] and not (result[1] == extra["i"]).all():
                        tally["indices", who, "differs"] = tally.get(("indices", who, "differs"), 0) + 1
                        extra[who + "_i"] = result[1]
            book.case(onnx_name("max", shape, k, s, pads, d, auto, ceil), words, dict(x=x, y=ours) | extra)
        for n, (shape, k, s, pads, d, auto, ceil, axes) in enumerate(onnx_cases("onnx lp", dims)):
            if n >= count * 2 // 3:
                break
            p = (1, 2, 3, 2)[n % 4]
            x = whole(shape, "x")
            results = evaluate("LpPool", x, kernel_shape=k, strides=s, dilations=d, pads=pads, auto_pad=auto, ceil_mode=ceil, p=p)
            ours = Oracle(x, axes).lp(p)[0]
            words = onnx_words("lp", dims, k, s, pads, d, auto, ceil, p=p)
            extra = settle(words, results, ours, tally, key=f"LpPool {auto} ceil={ceil} d={max(d)} p={p}")
            book.case(onnx_name("lp", shape, k, s, pads, d, auto, ceil, f"L{p}"), words, dict(x=x, y=ours) | extra)
        for shape in SHAPES[dims]:
            axes = [adaptive(n, 1) for n in shape[2:]]
            x = whole(shape, "x")
            oracle = Oracle(x, axes)
            for op, name, ours, more in [
                ("GlobalMaxPool", "adaptive-max", oracle.max()[0], {}),
                ("GlobalAveragePool", "adaptive-average", oracle.average()[0], {}),
            ] + [("GlobalLpPool", "adaptive-lp", oracle.lp(p)[0], {"p": p}) for p in (1, 2, 3)]:
                words = {"op": name, "profile": "ONNX", "dims": dims, "sizes": (1,) * dims} | more
                extra = settle(words, evaluate(op, x, **more), ours, tally, key=op)
                book.case(label(op, shape, *more.values()), words, dict(x=x, y=ours) | extra)
    for n, (kind, k, s) in enumerate(pick("onnx nan", 16, ["nan", "nans", "inf", "-inf"], [2, 3], [1, 2])):
        r = rng("onnx nan", n)
        x = r.integers(-9, 10, (1, 2, 5, 6)).astype(np.float32)
        x[r.random(x.shape) < {"nan": 0.1, "nans": 0.5, "inf": 0.2, "-inf": 0.8}[kind]] = {"inf": np.inf, "-inf": -np.inf}.get(kind, np.nan)
        axes = [sliding(m, k, s) for m in (5, 6)]
        results = evaluate("MaxPool", x, kernel_shape=(k, k), strides=(s, s))
        ours = Oracle(x, axes).max(ignore_nan=True)[0]
        words = onnx_words("max", 2, (k, k), (s, s), None, (1, 1), "NOTSET", 0)
        if "nan" in kind:
            # Both drop or keep a NaN by its position; Tarn's profile always skips it.
            words["agree"], words["decided"] = "none", "nan-skipped"
            extra = {w: r[0] for w, r in zip(("reference", "onnxruntime"), results) if r is not None}
        else:
            extra = settle(words, results, ours, tally, key=f"MaxPool {kind}")
        book.case(label("special", kind, k, s), words, dict(x=x, y=ours) | extra)
    return book


def books():
    tally = {}
    found = [tensorflow(), keras_book(), onnx_book(tally)]
    if os.environ.get("TALLY"):
        for key, n in sorted(tally.items(), key=str):
            print(*key, n)
    return found
