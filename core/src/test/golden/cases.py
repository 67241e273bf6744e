"""Case files, seeded data and the rules of POOLING in plain Python (so that a dialect difference is seen here, not in Java)."""

import gzip
import itertools
import math
import pathlib
import zlib

import numpy as np

SEED = 20261122


def text(value):
    """The shortest decimal that reads back as the same float32 (at most 9 digits), in Java's spelling."""
    v = np.float32(value)
    if np.isnan(v):
        return "NaN"
    if np.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    if v == int(v) and abs(v) < 1e7:
        return "-0" if v == 0 and np.signbit(v) else str(int(v))
    return str(v)


class Book:
    """One file of cases."""

    def __init__(self, name):
        self.name, self.lines, self.names = name, [], set()

    def case(self, name, attributes, arrays):
        assert name not in self.names, name
        self.names.add(name)
        words = [f"{k}={join(v)}" for k, v in attributes.items() if v is not None]
        self.lines.append(f"case {name} | {' '.join(words)}")
        for key, array in arrays.items():
            if array is not None:
                array = np.asarray(array)
                whole = array.dtype.kind in "iu"
                if array.dtype == np.float64 and key in ("rate", "metric"):
                    body = [repr(float(v)) for v in array.ravel()]
                else:
                    body = [str(v) if whole else text(v) for v in array.ravel()]
                self.lines.append(f"{key} {join(array.shape)} {' '.join(body)}")
        self.lines.append("")

    def write(self, folder):
        path = pathlib.Path(folder) / f"{self.name}.txt.gz"
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
            out.write(("\n".join(self.lines) + "\n").encode("ascii"))
        print(f"{path.name:28} {len(self.names):5} cases {path.stat().st_size:8} bytes")
        return path.stat().st_size


def join(value):
    if isinstance(value, (tuple, list)):
        return ",".join(str(v) for v in value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def rng(*key):
    return np.random.default_rng([SEED, zlib.crc32(repr(key).encode())])


def whole(shape, kind="x", low=-9, high=9, step=1):
    """Whole numbers that depend only on the shape and the kind: equal data in neighbouring cases cost nothing after gzip."""
    return (rng(kind, tuple(shape)).integers(low, high + 1, shape) * step).astype(np.float32)


def pick(key, count, *choices):
    """A seeded selection of the full product, all of it if no count is given; what a list repeats tends to come earlier."""
    everything = list(itertools.product(*choices))
    order = rng("pick", key).permutation(len(everything))
    return list(dict.fromkeys(everything[i] for i in order))[:count]


def per_axis(value, dims):
    return (value,) * dims if isinstance(value, int) else tuple(value)


def outputs(n, k, s, d, before, after, ceil):
    room = n + before + after - d * (k - 1) - 1
    if room < 0:
        return 0
    o = room // s + 1
    return o + 1 if ceil and room % s and o * s < n + before else o


def sliding(n, k, s, d=1, before=0, after=None, ceil=False):
    """Per output of one axis: the cells that exist, and how many taps lie in the padded extent."""
    after = before if after is None else after
    spans = []
    for o in range(outputs(n, k, s, d, before, after, ceil)):
        taps = [o * s - before + t * d for t in range(k)]
        spans.append(([c for c in taps if 0 <= c < n], sum(c < n + after for c in taps)))
    return spans


def same(n, k, s, d=1, upper=True):
    total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
    before = total // 2 if upper else total - total // 2
    return before, total - before


def adaptive(n, o):
    cells = [list(range(i * n // o, -(-(i + 1) * n // o))) for i in range(o)]
    return [(c, len(c)) for c in cells]


def usable(axes):
    return all(len(spans) > 0 and all(cells for cells, _ in spans) for spans in axes)


class Oracle:
    """Pooling by the rules of POOLING, window by window, in double."""

    def __init__(self, x, axes):
        self.x, self.spatial = x, x.shape[2:]
        self.shape = x.shape[:2] + tuple(len(a) for a in axes)
        self.windows = []
        for spans in itertools.product(*axes):
            cells = [int(np.ravel_multi_index(c, self.spatial)) for c in itertools.product(*(s[0] for s in spans))]
            self.windows.append((cells, math.prod(s[1] for s in spans)))

    def run(self, forward, backward, dy):
        planes = self.x.reshape(-1, math.prod(self.spatial)).astype(np.float64)
        y, i = np.zeros((len(planes), len(self.windows))), np.zeros((len(planes), len(self.windows)), np.int64)
        dx, grads = np.zeros_like(planes), None if dy is None else dy.reshape(len(planes), -1)
        for c, plane in enumerate(planes):
            for o, (cells, padded) in enumerate(self.windows):
                values = plane[cells]
                y[c, o], at = forward(values, padded)
                i[c, o] = cells[at]
                if grads is not None:
                    dx[c, cells] += grads[c, o] * backward(values, y[c, o], at, padded)
        return y.reshape(self.shape), i.reshape(self.shape), dx.reshape(self.x.shape)

    def max(self, dy=None, ignore_nan=False, split=False):
        def forward(v, _):
            nan = np.isnan(v)
            if nan.any() and (not ignore_nan or nan.all()):
                at = int(np.argmax(nan))
            else:
                at = int(np.argmax(np.where(nan, -np.inf, v))) if not np.isneginf(v[~nan]).all() else int(np.argmin(nan))
            return v[at], at

        def backward(v, y, at, _):
            part = (v == y) if split else np.arange(len(v)) == at
            return part / part.sum()

        return self.run(forward, backward, dy)

    def average(self, dy=None, divisor="valid", kernel=None):
        def over(v, padded):
            return {"valid": len(v), "clipped": padded, "kernel": kernel}.get(divisor) or float(divisor)

        return self.run(
            lambda v, padded: (v.sum() / over(v, padded), 0),
            lambda v, y, at, padded: np.full(len(v), 1 / over(v, padded)),
            dy,
        )

    def lp(self, p, dy=None):
        def backward(v, y, at, _):
            return np.zeros(len(v)) if y == 0 else np.sign(v) * (np.abs(v) / y) ** (p - 1)

        return self.run(lambda v, _: ((np.abs(v) ** p).sum() ** (1 / p), 0), backward, dy)


def close(a, b, rtol=2e-6, atol=1e-6):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return a.shape == b.shape and np.allclose(a, b, rtol, atol, equal_nan=True)
