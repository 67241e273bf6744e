"""Pooling as PyTorch computes it: forward, indices and gradients."""

import numpy as np
import torch
import torch.nn.functional as F

from cases import Book, Oracle, adaptive, close, per_axis, pick, rng, sliding, usable, whole

SHAPES = {
    1: [(1, 2, 7), (2, 1, 10), (1, 3, 5), (1, 1, 12)],
    2: [(1, 2, 5, 5), (2, 1, 6, 7), (1, 3, 4, 9), (1, 1, 8, 8)],
    3: [(1, 2, 4, 4, 4), (1, 1, 5, 4, 6), (2, 1, 3, 5, 4)],
}
KERNELS = {
    1: [1, 2, 3, 4, 5],
    2: [1, 2, 3, 4, (3, 2), (2, 3), (1, 3), (4, 1), (2, 4)],
    3: [1, 2, 3, (3, 2, 1), (1, 2, 3), (2, 3, 2), (2, 1, 4)],
}
STRIDES = {
    1: [None, 1, 2, 3, 4],
    2: [None, 1, 2, 3, (2, 1), (1, 3), (3, 2)],
    3: [None, 1, 2, 3, (2, 1, 3), (1, 2, 1)],
}
PADDINGS = {1: [0, 1, 2], 2: [0, 1, 2, (1, 0), (0, 1)], 3: [0, 1, (1, 0, 1), (0, 1, 0)]}
DILATIONS = {1: [1, 2, 3], 2: [1, 1, 2, (2, 1), (1, 3)], 3: [1, 1, 2, (1, 2, 1)]}
SHIFT = {False: "", True: "-ceil"}


def geometry(key, dims, dilations):
    """An endless seeded walk over every combination that PyTorch takes and whose windows all hold a cell."""
    choices = pick((key, dims), None, SHAPES[dims], KERNELS[dims], STRIDES[dims], PADDINGS[dims], dilations[dims], [False, True])
    seen = set()
    for shape, k, s, p, d, ceil in choices:
        kernel, padding, dilation = per_axis(k, dims), per_axis(p, dims), per_axis(d, dims)
        stride = kernel if s is None else per_axis(s, dims)
        if any(2 * pad > size for pad, size in zip(padding, kernel)):
            continue
        axes = [sliding(n, *a, None, ceil) for n, *a in zip(shape[2:], kernel, stride, dilation, padding)]
        name = "x".join(map(str, shape)) + f"-k{k}-s{s}-p{p}-d{d}{SHIFT[ceil]}".replace(", ", "x").replace("(", "").replace(")", "")
        if usable(axes) and name not in seen:
            seen.add(name)
            yield name, shape, kernel, stride, padding, dilation, ceil, axes


def run(f, x, dy_of=None):
    """Result, indices if any, the gradient of the result that is used, and the gradient of x."""
    t = torch.tensor(x, requires_grad=True)
    out = f(t)
    y, i = out if isinstance(out, tuple) else (out, None)
    dy = whole(y.shape, "dy") if dy_of is None else dy_of(y.shape)
    y.backward(torch.tensor(dy))
    return y.detach().numpy(), None if i is None else i.numpy(), dy, t.grad.numpy()


def options(dims, kernel, stride, padding, dilation, ceil, **more):
    words = {"profile": "PYTORCH", "dims": dims, "kernel": kernel, "stride": stride}
    if any(padding):
        words["padding"] = padding
    if any(d != 1 for d in dilation):
        words["dilation"] = dilation
    return words | {"rounding": "ceil" if ceil else "floor"} | more


def maximum():
    book = Book("max-pytorch")
    for dims, count in ((1, 220), (2, 420), (3, 130)):
        f = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[dims - 1]
        for (name, shape, k, s, p, d, ceil, axes), _ in zip(geometry("max", dims, DILATIONS), range(count)):
            x = whole(shape, "x")
            y, i, dy, dx = run(lambda t: f(t, k, s, p, d, ceil, return_indices=True), x)
            oy, oi, odx = Oracle(x, axes).max(dy)
            assert (y == oy).all() and (i == oi).all() and (dx == odx).all(), name
            book.case(name, {"op": "max"} | options(dims, k, s, p, d, ceil), dict(x=x, y=y, i=i, dy=dy, dx=dx))
    return book


SPECIALS = [np.nan, np.inf, -np.inf, -0.0, 0.0]


def special():
    """NaN, infinities and signed zeros. PyTorch keeps the *last* NaN's index; Tarn the first."""
    book = Book("max-special-pytorch")
    for n, (kind, dims, k, s, p, ceil) in enumerate(
        pick("special", 110, ["nan", "nans", "inf", "-inf", "zeros", "all"], [1, 2], [2, 3], [1, 2, 3], [0, 1], [False, True])
    ):
        shape = (1, 2, 9) if dims == 1 else (1, 2, 5, 6)
        r = rng("special", n)
        x = r.integers(-9, 10, shape).astype(np.float32)
        mask = r.random(shape)
        if kind == "nan":
            x.reshape(2, -1)[:, r.integers(0, 9)] = np.nan
        elif kind == "nans":
            x[mask < 0.4] = np.nan
        elif kind == "inf":
            x[mask < 0.3] = np.inf
        elif kind == "-inf":
            x[mask < 0.8] = -np.inf
        elif kind == "zeros":
            x = np.where(mask < 0.5, np.float32(-0.0), np.float32(0.0)).astype(np.float32)
        else:
            x = np.where(mask < 0.6, r.choice(np.array(SPECIALS, np.float32), shape), x).astype(np.float32)
        kernel, stride, padding = (per_axis(v, dims) for v in (k, s, p))
        axes = [sliding(m, k, s, 1, p, None, ceil) for m in shape[2:]]
        f = (F.max_pool1d, F.max_pool2d)[dims - 1]
        y, i, dy, dx = run(lambda t: f(t, k, s, p, 1, ceil, return_indices=True), x)
        oy, oi, odx = Oracle(x, axes).max(dy)
        assert ((y == oy) | (np.isnan(y) & np.isnan(oy))).all()
        words = {"op": "max"} | options(dims, kernel, stride, padding, (1,), ceil)
        extra = {}
        if not ((i == oi).all() and (dx == odx).all()):
            assert (np.isnan(y) | (i == oi)).all()
            words["decided"] = "first-nan"
            extra = dict(ours_i=oi, ours_dx=odx)
        book.case(f"{kind}-{dims}d-k{k}-s{s}-p{p}{SHIFT[ceil]}", words, dict(x=x, y=y, i=i, dy=dy, dx=dx) | extra)
    return book


def average():
    """Multiples of 36: every divisor up to 4 and 6, 9, 12, 18, 36 leaves whole numbers, so most answers are exact."""
    book = Book("average-pytorch")
    for dims, count in ((1, 160), (2, 330), (3, 110)):
        f = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[dims - 1]
        undilated = {1: [1], 2: [1], 3: [1]}
        for (name, shape, k, s, p, d, ceil, axes), n in zip(geometry("average", dims, undilated), range(count)):
            x = whole(shape, "x", step=36)
            include = n % 2 == 0
            override = None if dims == 1 or n % 5 else [2, 3, 7, -4, 1][n // 5 % 5]
            args = (k, s, p, ceil, include) if dims == 1 else (k, s, p, ceil, include, override)
            y, _, dy, dx = run(lambda t: f(t, *args), x, lambda shape: whole(shape, "dy", step=36))
            divisor = override or ("clipped" if include else "valid")
            oy, _, odx = Oracle(x, axes).average(dy, divisor)
            assert close(y, oy) and close(dx, odx, atol=1e-5), name
            words = options(dims, k, s, p, d, ceil, count_include_pad=include, divisor_override=override)
            book.case(name + f"-i{int(include)}", {"op": "average"} | words, dict(x=x, y=y, dy=dy, dx=dx))
    return book


def lp():
    """PyTorch sums signed powers and multiplies a partial ceil window by the whole kernel; its profile in Tarn does so too.

    Where Tarn's default (absolute values, the cells that exist) differs, its answer is beside PyTorch's as default_y and default_dx.
    """
    book = Book("lp-pytorch")
    for dims, count in ((1, 90), (2, 130), (3, 50)):
        f = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[dims - 1]
        walk = (g for g in geometry("lp", dims, {1: [1], 2: [1], 3: [1]}) if not any(g[4]))
        for (name, shape, k, s, _, _, ceil, axes), n in zip(walk, range(count)):
            p = (1, 2, 3, 2, 1.5, 4)[n % 6]
            negative = n % 4 >= 2 and p in (1, 2, 3)
            x = whole(shape, "signed", -6, 9) if negative else whole(shape, "positive", 1, 9)
            args = (k[0], s[0], ceil) if dims == 1 else (k, s, ceil)
            y, _, dy, dx = run(lambda t: f(t, p, *args), x)
            oracle, extra = Oracle(x, axes), {}
            oy, _, odx = oracle.lp(p, dy)
            if not (close(y, oy) and close(dx, odx, 1e-5, 1e-5)):
                partial = any(len(cells) < size for spans, size in zip(axes, k) for cells, _ in spans)
                assert partial or (negative and p != 2), name
                extra = dict(default_y=oy, default_dx=odx)
            words = {"op": "lp", "p": p} | options(dims, k, s, (0,), (1,), ceil)
            book.case(f"{name}-L{p}{'-negative' if negative else ''}", words, dict(x=x, y=y, dy=dy, dx=dx) | extra)
    return book


def adapted():
    book = Book("adaptive-pytorch")
    sizes = {
        1: [1, 2, 3, 4, 5, 7, 9],
        2: [1, 2, 3, 4, 6, (3, 2), (5, 3), (1, 4), (7, 9)],
        3: [1, 2, 3, (2, 3, 1), (1, 2, 5), (3, 5, 2)],
    }
    for dims, count in ((1, 40), (2, 60), (3, 30)):
        average = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[dims - 1]
        biggest = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[dims - 1]
        for shape, size in pick(("adaptive", dims), count, SHAPES[dims], sizes[dims]):
            out = per_axis(size, dims)
            axes = [adaptive(n, o) for n, o in zip(shape[2:], out)]
            label = "x".join(map(str, shape)) + "-to-" + "x".join(map(str, out))
            words = {"profile": "PYTORCH", "dims": dims, "sizes": out}
            x = whole(shape, "x", step=36)
            y, _, dy, dx = run(lambda t: average(t, size), x, lambda shape: whole(shape, "dy", step=36))
            oy, _, odx = Oracle(x, axes).average(dy)
            assert close(y, oy) and close(dx, odx, 1e-5, 1e-4), label
            book.case("average-" + label, {"op": "adaptive-average"} | words, dict(x=x, y=y, dy=dy, dx=dx))
            x = whole(shape, "x")
            y, i, dy, dx = run(lambda t: biggest(t, size, return_indices=True), x)
            oy, oi, odx = Oracle(x, axes).max(dy)
            assert (y == oy).all() and (i == oi).all() and (dx == odx).all(), label
            book.case("max-" + label, {"op": "adaptive-max"} | words, dict(x=x, y=y, i=i, dy=dy, dx=dx))
    return book


def wide():
    """Rows longer than any vector, and windows larger than any special kernel's. Averages of large windows are sums (divisor 1), so exact."""
    book = Book("wide-pytorch")
    long_rows = pick("wide", 36, [(1, 2, 5, 35), (1, 1, 4, 70), (1, 1, 3, 130)], [2, 3], [1, 2], [0, 1], [False, True])
    large = pick("large", 20, [(1, 1, 21, 18), (1, 1, 12, 40)], [5, 7, 9, (11, 3), (3, 13)], [1, 2], [0, 1, 2], [False])
    for shape, k, s, p, ceil in long_rows + large:
        kernel, stride, padding = (per_axis(v, 2) for v in (k, s, p))
        if any(2 * pad > size for pad, size in zip(padding, kernel)):
            continue
        axes = [sliding(n, *a, None, ceil) for n, *a in zip(shape[2:], kernel, stride, (1, 1), padding)]
        if not usable(axes):
            continue
        name = "x".join(map(str, shape)) + f"-k{kernel[0]}x{kernel[1]}-s{s}-p{p}{SHIFT[ceil]}"
        words = options(2, kernel, stride, padding, (1, 1), ceil)
        x = whole(shape, "x")
        y, i, dy, dx = run(lambda t: F.max_pool2d(t, k, s, p, 1, ceil, return_indices=True), x)
        oy, oi, odx = Oracle(x, axes).max(dy)
        assert (y == oy).all() and (i == oi).all() and (dx == odx).all(), name
        book.case("max-" + name, {"op": "max"} | words, dict(x=x, y=y, i=i, dy=dy, dx=dx))
        divisor = 1 if max(kernel) > 3 else None
        step = 1 if divisor else 36
        x = whole(shape, "x", step=step)
        y, _, dy, dx = run(lambda t: F.avg_pool2d(t, k, s, p, ceil, True, divisor), x, lambda shape: whole(shape, "dy", step=step))
        oy, _, odx = Oracle(x, axes).average(dy, divisor or "clipped")
        assert close(y, oy) and close(dx, odx, atol=1e-4), name
        words |= {"count_include_pad": True, "divisor_override": divisor}
        book.case("average-" + name, {"op": "average"} | words, dict(x=x, y=y, dy=dy, dx=dx))
    return book


def unpool():
    """Indices of windows that do not overlap, so that no cell is written twice."""
    book = Book("unpool-pytorch")
    for dims, count in ((1, 24), (2, 36), (3, 16)):
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[dims - 1]
        back = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[dims - 1]
        walk = (g for g in geometry("unpool", dims, {1: [1], 2: [1], 3: [1]}) if not g[6] and all(s >= k for s, k in zip(g[3], g[2])))
        for (name, shape, k, s, p, _, _, _), _ in zip(walk, range(count)):
            _, i = pool(torch.tensor(whole(shape)), k, s, p, return_indices=True)
            values = whole(i.shape, "unpool")
            y, _, dy, dx = run(lambda t: back(t, i, k, s, p, shape[2:]), values)
            words = {"op": "unpool"} | options(dims, k, s, p, (1,), False)
            book.case(name, words, dict(x=values, i=i.numpy(), y=y, dy=dy, dx=dx))
    return book


def books():
    return [maximum(), special(), average(), lp(), adapted(), wide(), unpool()]
