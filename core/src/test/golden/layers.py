"""Convolution, normalisation and activation as PyTorch (and, for SAME, TensorFlow) computes them."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import onnxruntime
import tensorflow as tf
import torch
import torch.nn.functional as F
from onnx.reference import ReferenceEvaluator

from cases import Book, close, per_axis, pick, rng, same, whole
from other_pooling import first, label, last, model, quiet

SPATIAL = {1: [(7,), (10,), (1,)], 2: [(5, 5), (6, 4), (3, 7), (4, 1)], 3: [(3, 4, 3), (4, 3, 2)]}
KERNELS = {1: [1, 2, 3, 5], 2: [1, 2, 3, (3, 1), (1, 4), (2, 3), (5, 3)], 3: [1, 2, (2, 1, 3), 3]}
# groups, channels in and out; equal groups and channels is depthwise
CHANNELS = [(1, 1, 1), (1, 1, 3), (1, 3, 2), (1, 2, 4), (2, 2, 4), (2, 4, 2), (3, 3, 3), (2, 2, 2), (3, 3, 6)]
STRIDES = {1: [1, 2, 3], 2: [1, 1, 2, (2, 1), 3], 3: [1, 2, (1, 2, 1)]}
PADDINGS = {1: [0, 1, 2], 2: [0, 1, 2, (1, 0), (0, 2)], 3: [0, 1, (1, 0, 2)]}
DILATIONS = {1: [1, 2, 3], 2: [1, 1, 2, (1, 2), (3, 1)], 3: [1, 2]}


def exact(f, *arrays):
    """Results and gradients in double, checked to be whole numbers that float32 and its sums hold exactly."""
    leaves = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays if a is not None]
    y = f(*leaves)
    dy = whole(y.shape, "dy", -4, 4)
    y.backward(torch.tensor(dy, dtype=torch.float64))
    found = [y.detach().numpy(), dy] + [leaf.grad.numpy() for leaf in leaves]
    assert all((a == np.rint(a)).all() and np.abs(a).max(initial=0) < 2**24 for a in found)
    return found


def convolution(transposed):
    book = Book("transposed-convolution" if transposed else "convolution")
    counts = (60, 110, 30) if transposed else (120, 260, 60)
    for dims, count in zip((1, 2, 3), counts):
        plain = (F.conv1d, F.conv2d, F.conv3d)[dims - 1]
        upward = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[dims - 1]
        walk = pick(
            ("conv", transposed, dims), None, [1, 2], CHANNELS, SPATIAL[dims], KERNELS[dims], STRIDES[dims], PADDINGS[dims], DILATIONS[dims], [0, 0, 1, 2], [False, True]
        )
        for n, (groups, cin, cout), spatial, k, s, p, d, op, bias in walk:
            k, s, p, d = (per_axis(v, dims) for v in (k, s, p, d))
            if not transposed and op:
                continue
            extra = tuple(min(op, max(a, b) - 1) for a, b in zip(s, d)) if transposed else (0,) * dims
            if transposed:
                size = [(i - 1) * a - 2 * b + c * (e - 1) + o + 1 for i, a, b, c, e, o in zip(spatial, s, p, d, k, extra)]
            else:
                size = [(i + 2 * b - c * (e - 1) - 1) // a + 1 for i, a, b, c, e in zip(spatial, s, p, d, k)]
            if min(size) < 1 or max(size) > 14 or np.prod(size) > 150:
                continue
            x = whole((n, cin) + spatial, "x", -4, 4)
            w = whole(((cin, cout // groups) if transposed else (cout, cin // groups)) + k, "w", -3, 3)
            b = whole((cout,), "b") if bias else None
            if transposed:
                f = lambda x, w, b=None: upward(x, w, b, s, p, extra, groups, d)
            else:
                f = lambda x, w, b=None: plain(x, w, b, s, p, d, groups)
            y, dy, dx, dw, *db = exact(f, x, w, b)
            words = {"op": book.name, "profile": "PYTORCH", "dims": dims, "kernel": k, "stride": s, "padding": p, "dilation": d, "groups": groups}
            words |= {"output_padding": extra} if transposed else {}
            name = label(x.shape, "to", cout, "k", k, "s", s, "p", p, "d", d, f"g{groups}", *([f"o{op}"] if op else []), "bias" if bias else "plain")
            book.case(name, words, dict(x=x, w=w, b=b, y=y, dy=dy, dx=dx, dw=dw, db=db[0] if db else None))
            count -= 1
            if count == 0:
                break
    if not transposed:
        same_padding(book)
    return book


def same_padding(book):
    """SAME with a stride, which PyTorch refuses: TensorFlow's answer. Recorded as the padding it comes to."""
    for dims, count in ((1, 20), (2, 40), (3, 10)):
        f = (tf.nn.conv1d, tf.nn.conv2d, tf.nn.conv3d)[dims - 1]
        for spatial, k, s, (cin, cout) in pick(("same", dims), count, SPATIAL[dims], KERNELS[dims], STRIDES[dims], [(1, 2), (3, 2)]):
            k, s = per_axis(k, dims), per_axis(s, dims)
            x, w = whole((1, cin) + spatial, "x", -4, 4), whole((cout, cin) + k, "w", -3, 3)
            tx, tw = tf.constant(last(x)), tf.constant(np.moveaxis(w, (0, 1), (-1, -2)))
            with tf.GradientTape() as tape:
                tape.watch([tx, tw])
                ty = f(tx, tw, list(s) if dims == 1 else [1, *s, 1] if dims == 3 else list(s), "SAME")
            y = first(ty.numpy())
            dy = whole(y.shape, "dy", -4, 4)
            dx, dw = tape.gradient(ty, [tx, tw], tf.constant(last(dy)))
            dx, dw = first(dx.numpy()), np.moveaxis(dw.numpy(), (-1, -2), (0, 1))
            pads = [same(*a) for a in zip(spatial, k, s)]
            words = {"op": "convolution", "profile": "TENSORFLOW", "dims": dims, "kernel": k, "stride": s, "auto_pad": "SAME"}
            words |= {"before": [p[0] for p in pads], "after": [p[1] for p in pads], "groups": 1}
            assert all((a == np.rint(a)).all() for a in (y, dx, dw))
            book.case(label("same", x.shape, "to", cout, "k", k, "s", s), words, dict(x=x, w=w, y=y, dy=dy, dx=dx, dw=dw))


def values(shape, *key, scale=1.0):
    """Multiples of 1/8, short in text and exact in float32."""
    return (np.rint(rng("values", key, tuple(shape)).normal(0, scale, shape) * 8) / 8).astype(np.float32)


def gradients(f, *arrays):
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = f(*leaves)
    dy = values(tuple(y.shape), "dy")
    y.backward(torch.tensor(dy))
    return [y.detach().numpy(), dy] + [leaf.grad.numpy() for leaf in leaves]


def normalisation():
    book = Book("normalisation")
    for shape, training, eps, momentum in pick(
        "bn", 40, [(4, 3, 5), (3, 2, 4, 4), (2, 4, 3, 5), (2, 3, 2, 3, 2), (6, 5), (2, 1, 1, 1)], [False, True], [1e-5, 1e-3], [0.1, 0.01]
    ):
        channels = shape[1]
        x = values(shape, "bn", scale=3)
        scale, bias, mean = (values((channels,), name) for name in ("scale", "bias", "mean"))
        variance = np.abs(values((channels,), "variance")) + np.float32(0.5)
        m, v = torch.tensor(mean), torch.tensor(variance)
        y, dy, dx, dscale, dbias = gradients(lambda x, s, b: F.batch_norm(x, m, v, s, b, training, momentum, eps), x, scale, bias)
        moved = dict(mean_after=m.numpy(), variance_after=v.numpy()) if training else {}
        words = {"op": "batch-norm", "profile": "PYTORCH", "mode": "training" if training else "inference", "epsilon": eps, "momentum": momentum}
        arrays = dict(x=x, scale=scale, bias=bias, mean=mean, variance=variance, y=y, dy=dy, dx=dx, dscale=dscale, dbias=dbias)
        book.case(label("batch-norm", shape, words["mode"], eps, momentum), words, arrays | moved)
    for shape, size, alpha, beta, k in pick(
        "lrn", 40, [(2, 7, 5), (1, 6, 3, 4), (2, 4, 2, 2), (1, 5, 2, 2, 2)], [1, 2, 3, 4, 5], [1e-4, 0.5], [0.75, 0.5], [1.0, 2.0]
    ):
        x = values(shape, "lrn", scale=4)
        words = {"size": size, "alpha": alpha, "beta": beta, "k": k}
        y, dy, dx = gradients(lambda x: F.local_response_norm(x, size, alpha, beta, k), x)
        more, extra = {}, {}
        if size % 2 == 0:
            t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            ours = onnx_rule(t, **words)
            ours.backward(torch.tensor(dy, dtype=torch.float64))
            more, extra = {"decided": "even-window"}, dict(ours_y=ours.detach().numpy(), ours_dx=t.grad.numpy())
        book.case(label("lrn", shape, *words.values()), {"op": "lrn", "profile": "PYTORCH"} | words | more, dict(x=x, y=y, dy=dy, dx=dx) | extra)
        if size % 2 and len(shape) == 4:
            onnx_lrn(book, shape, words, lambda m, x: onnxruntime.InferenceSession(m.SerializeToString(), quiet(), providers=["CPUExecutionProvider"]).run(None, {"x": x}))
    # An even size reaches further back in PyTorch and further forward in ONNX. ONNX Runtime refuses it (and all but four axes), and the reference
    # evaluator 1.23 walks over the batch where it means the channels, so only as many samples as channels come out right.
    for shape, size, alpha, beta in pick("lrn even", 8, [(4, 4, 2, 2), (5, 5, 1, 3)], [2, 4, 3], [0.5], [0.75, 0.5]):
        words = {"size": size, "alpha": alpha, "beta": beta, "k": 2.0}
        onnx_lrn(book, shape, words, lambda m, x: ReferenceEvaluator(m).run(None, {"x": x}))
    return book


def onnx_rule(x, size, alpha, beta, k):
    before, after = (size - 1) // 2, size // 2
    squares = torch.stack([(x[:, max(0, c - before) : c + after + 1] ** 2).sum(1) for c in range(x.shape[1])], 1)
    return x / (k + alpha / size * squares) ** beta


def onnx_lrn(book, shape, words, evaluate):
    x = values(shape, "lrn", scale=4)
    m = model("LRN", x, 1, 21, {"size": words["size"], "alpha": words["alpha"], "beta": words["beta"], "bias": words["k"]})
    book.case(label("lrn-onnx", shape, *words.values()), {"op": "lrn", "profile": "ONNX"} | words, dict(x=x, y=(y := evaluate(m, x)[0])))
    assert close(y, onnx_rule(torch.tensor(x), **words).numpy(), 1e-5, 1e-5)


ACTIVATIONS = {
    "relu": F.relu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.01),
    "leaky-relu-0.2": lambda x: F.leaky_relu(x, 0.2),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}
SLOPES = {"leaky-relu": 0.01, "leaky-relu-0.2": 0.2}


def activation():
    """In double: the answer that float32 should come close to. Limits (±∞, NaN, ±0) in cases of their own, in float32."""
    book = Book("activation")
    for name, f in ACTIVATIONS.items():
        for kind, x in {
            "small": np.arange(-40, 41, dtype=np.float32) / 8,
            "random": values((2, 3, 4, 4), name, scale=3),
            "large": np.array([-1000, -104, -100, -89, -88, -50, -20, -17, -9, 9, 17, 20, 50, 88, 89, 100, 104, 1000], np.float32),
            "tiny": np.array([1e-3, -1e-3, 1e-5, -1e-5, 1e-8, -1e-8, 1e-20, -1e-20, 1e-40, -1e-40], np.float32),
        }.items():
            t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            # 1 + erf loses everything far below 0, where erfc keeps it.
            y = t * torch.special.erfc(-t * 0.5**0.5) / 2 if name == "gelu" else f(t)
            dy = values(x.shape, "dy")
            y.backward(torch.tensor(dy, dtype=torch.float64))
            words = {"op": name.removesuffix("-0.2"), "profile": "PYTORCH", "slope": SLOPES.get(name)}
            book.case(f"{name}-{kind}", words, dict(x=x, y=y.detach().numpy(), dy=dy, dx=t.grad.numpy()))
        x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], np.float32)
        y, ours = f(torch.tensor(x)).numpy(), f(torch.tensor(x, dtype=torch.float64)).numpy()
        words = {"op": name.removesuffix("-0.2"), "profile": "PYTORCH", "slope": SLOPES.get(name)}
        differs = not close(y, ours)
        if differs:
            # PyTorch's float32 gives NaN where its double gives infinity.
            assert name == "gelu", name
            words["decided"] = "gelu-of-infinity"
        book.case(f"{name}-limits", words, dict(x=x, y=y, ours_y=ours if differs else None))
    for shape, low, scale in [((3, 5), 0, 2), ((1, 10), 0, 30), ((2, 4, 3, 2), 0, 3), ((2, 3, 4), 90, 5), ((4, 1), 0, 1), ((2, 7), -1000, 200)]:
        x = values(shape, "softmax", scale=scale) + np.float32(low)
        t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        y = torch.softmax(t, 1)
        dy = values(shape, "dy")
        y.backward(torch.tensor(dy, dtype=torch.float64))
        book.case(label("softmax", shape, low), {"op": "softmax", "profile": "PYTORCH", "axis": 1}, dict(x=x, y=y.detach().numpy(), dy=dy, dx=t.grad.numpy()))
    return book


def plain():
    """Dense layers and upsampling. A linear upsampling by 1, 2 or 4 of multiples of 64 stays exact."""
    book = Book("dense-upsample")
    for rows, inputs, units, bias in pick("dense", 16, [1, 3, 5], [1, 4, 17], [1, 2, 9], [False, True]):
        x, w = whole((rows, inputs), "x"), whole((units, inputs), "w")
        b = whole((units,), "b") if bias else None
        y, dy, dx, dw, *db = exact(lambda x, w, b=None: F.linear(x, w, b), x, w, b)
        name = label("dense", rows, inputs, units, "bias" if bias else "plain")
        book.case(name, {"op": "dense", "profile": "PYTORCH"}, dict(x=x, w=w, b=b, y=y, dy=dy, dx=dx, dw=dw, db=db[0] if db else None))
    for dims, factors in ((1, [1, 2, 3, 4]), (2, [2, 3, (1, 2), (4, 3)]), (3, [2, (1, 3, 2)])):
        shapes = {1: [(1, 2, 5), (2, 3, 1)], 2: [(1, 2, 3, 4), (2, 1, 1, 3), (1, 3, 4, 4)], 3: [(1, 2, 2, 3, 2)]}[dims]
        for shape, factor, mode in pick(("upsample", dims), None, shapes, factors, ["nearest", "linear"]):
            x = whole(shape, "x", step=64)
            interpolation = mode if mode == "nearest" else ("linear", "bilinear", "trilinear")[dims - 1]
            t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            y = F.interpolate(t, scale_factor=factor, mode=interpolation)
            dy = whole(y.shape, "dy")
            y.backward(torch.tensor(dy, dtype=torch.float64))
            words = {"op": "upsample", "profile": "PYTORCH", "dims": dims, "factor": per_axis(factor, dims), "mode": mode}
            book.case(label("upsample", shape, "by", factor, mode), words, dict(x=x, y=y.detach().numpy(), dy=dy, dx=t.grad.numpy()))
    return book


def books():
    return [convolution(False), convolution(True), normalisation(), activation(), plain()]
