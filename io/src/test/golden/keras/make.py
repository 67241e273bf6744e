"""Golden files of Keras: networks, inputs and outputs.

    KERAS_BACKEND=tensorflow python make.py

Made with keras 3.15.1, tensorflow 2.21, h5py 3, numpy 2.4. Archives are packed again with deflate, .h5 files
with gzip, because HDF5 is mostly zeros. Seeds are fixed.
"""

import gzip
import os
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers as L

here = os.path.dirname(os.path.abspath(__file__))


def randomize(model, rng):
    for w in model.weights:
        v = rng.normal(0, 0.4, w.shape)
        if "variance" in w.path:
            v = np.abs(v) + 0.5
        w.assign(v.astype("float32"))


def save(name, model, seed):
    rng = np.random.default_rng(seed)
    randomize(model, rng)
    xs = [rng.normal(0, 1, (2,) + tuple(i.shape[1:])).astype("float32") for i in model.inputs]
    ys = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    ys = ys if isinstance(ys, (list, tuple)) else [ys]
    model.save("/tmp/golden.keras")
    model.save("/tmp/golden.h5")
    with zipfile.ZipFile("/tmp/golden.keras") as old:
        with zipfile.ZipFile(os.path.join(here, name + ".keras"), "w", zipfile.ZIP_DEFLATED) as new:
            for member in old.namelist():
                info = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(info, old.read(member))
    with gzip.GzipFile(os.path.join(here, name + ".h5.gz"), "wb", mtime=0) as out:
        out.write(open("/tmp/golden.h5", "rb").read())
    arrays = {"x%d" % i: x for i, x in enumerate(xs)}
    arrays.update({"y%d" % i: np.asarray(y) for i, y in enumerate(ys)})
    np.savez_compressed(os.path.join(here, name + ".npz"), **arrays)
    print(name, [y.shape for y in ys])


def one_axis():
    x = i = keras.Input((20, 3))
    x = L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu")(x)
    x = L.SeparableConv1D(6, 3, padding="same", strides=1, depth_multiplier=2)(x)
    x = L.DepthwiseConv1D(3, padding="valid", activation="tanh")(x)
    x = L.ZeroPadding1D((1, 2))(x)
    x = L.MaxPooling1D(3, strides=2, padding="same")(x)
    x = L.Conv1DTranspose(5, 3, strides=2, padding="same")(x)
    x = L.AveragePooling1D(2, padding="same")(x)
    x = L.Cropping1D((1, 0))(x)
    x = L.UpSampling1D(2)(x)
    x = L.SpatialDropout1D(0.2)(x)
    x = L.Dense(7, activation="gelu")(x)
    a = L.GlobalAveragePooling1D()(x)
    b = L.GlobalMaxPooling1D()(x)
    c = L.AdaptiveAveragePooling1D(3)(x)
    c = L.Flatten()(c)
    return keras.Model(i, L.Concatenate()([a, b, c]))


def two_axes():
    x = i = keras.Input((15, 13, 4))
    x = L.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    x = L.Conv2D(8, (3, 2), padding="valid", dilation_rate=(1, 2), groups=2)(x)
    x = L.BatchNormalization(center=False, epsilon=0.01)(x)
    x = L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="sigmoid")(x)
    x = L.Conv2DTranspose(5, 3, strides=2, padding="valid", activation="silu")(x)
    x = L.BatchNormalization(scale=False)(x)
    x = L.Conv2DTranspose(4, 2, strides=3, padding="valid")(x)
    x = L.Conv2DTranspose(4, 5, strides=2, padding="same", use_bias=False)(x)
    x = L.ZeroPadding2D(((1, 2), (0, 3)))(x)
    x = L.MaxPooling2D((3, 2), strides=(2, 2), padding="same")(x)
    x = L.AveragePooling2D(3, strides=2, padding="same")(x)
    x = L.SeparableConv2D(6, 3, depth_multiplier=2, activation="relu")(x)
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    x = L.UpSampling2D((1, 2))(x)
    x = L.Cropping2D(((1, 0), (2, 1)))(x)
    x = L.AdaptiveMaxPooling2D((5, 4))(x)
    x = L.SpatialDropout2D(0.3)(x)
    x = L.Rescaling(0.5, offset=1.0)(x)
    x = L.Flatten()(x)
    x = L.Dropout(0.5)(x)
    return keras.Model(i, L.Dense(5, activation="softmax")(x))


def three_axes():
    m = keras.Sequential(
        [
            keras.Input((6, 7, 8, 2)),
            L.Conv3D(4, 3, padding="same", activation="relu"),
            L.MaxPooling3D(2),
            L.Conv3DTranspose(3, 2, strides=2),
            L.ZeroPadding3D(1),
            L.AveragePooling3D(3, strides=2, padding="same"),
            L.UpSampling3D((1, 2, 1)),
            L.Cropping3D(((1, 0), (0, 1), (1, 1))),
            L.BatchNormalization(),
            L.GlobalAveragePooling3D(keepdims=True),
            L.Flatten(),
            L.Dense(4),
            L.Softmax(),
        ]
    )
    return m


def merges():
    a = keras.Input((8, 8, 3), name="left")
    b = keras.Input((8, 8, 3), name="right")
    x = L.Conv2D(6, 3, padding="same", activation="relu")(a)
    y = L.Conv2D(6, 3, padding="same", activation="leaky_relu")(b)
    s = L.Add()([x, y])
    gate = L.GlobalAveragePooling2D()(s)
    gate = L.Dense(6, activation="sigmoid")(gate)
    s = L.Multiply()([s, gate])
    t = L.Average()([x, y, s])
    u = L.Maximum()([x, y, t])
    v = L.Minimum()([y, s])
    w = L.Subtract()([u, v])
    z = L.Concatenate()([s, w, x])
    rows = L.Concatenate(axis=1)([x, y])
    out = L.GlobalMaxPooling2D()(z)
    return keras.Model([a, b], [L.Dense(3)(out), L.GlobalAveragePooling2D()(rows)])


def activations():
    x = i = keras.Input((24,))
    parts = []
    for name in ("relu relu6 sigmoid tanh gelu silu leaky_relu elu selu celu softplus softsign exponential mish "
                 "hard_sigmoid hard_silu hard_tanh soft_shrink hard_shrink softmax linear").split():
        parts.append(L.Activation(name)(x))
    parts.append(L.ReLU(max_value=1.5)(x))
    parts.append(L.ReLU(negative_slope=0.25)(x))
    parts.append(L.ReLU(threshold=0.5)(x))
    parts.append(L.LeakyReLU(negative_slope=0.1)(x))
    parts.append(L.ELU(alpha=0.7)(x))
    parts.append(L.Softmax()(x))
    return keras.Model(i, L.Concatenate()(parts))


def shapes():
    x = i = keras.Input((10,))
    x = L.Dense(2 * 3 * 4)(x)
    x = L.Reshape((2, 3, 4))(x)
    x = L.Conv2D(3, 2, padding="same")(x)
    x = L.Permute((3, 1, 2))(x)
    x = L.BatchNormalization(axis=1)(x)
    x = L.Reshape((-1, 3))(x)
    x = L.Conv1D(2, 2)(x)
    return keras.Model(i, x)


def channels_first():
    x = i = keras.Input((3, 9, 8))
    x = L.ZeroPadding2D(1, data_format="channels_first")(x)
    x = L.BatchNormalization(axis=1)(x)
    x = L.Conv2D(5, 3, data_format="channels_first", activation="relu")(x)
    x = L.MaxPooling2D(2, data_format="channels_first")(x)
    x = L.Conv2D(4, 2, data_format="channels_first")(x)
    x = L.Concatenate(axis=1)([x, x])
    y = L.GlobalAveragePooling2D(data_format="channels_first")(x)
    x = L.Flatten(data_format="channels_first")(x)
    x = L.Dense(4)(x)
    return keras.Model(i, [x, y])


def norms():
    x = i = keras.Input((6, 5, 8))
    x = L.LayerNormalization()(x)
    x = L.PReLU(shared_axes=[1, 2])(x)
    x = L.GroupNormalization(groups=4)(x)
    x = L.GaussianNoise(0.5)(x)
    x = L.LayerNormalization(axis=[1, 2, 3], epsilon=0.01)(x)
    x = L.PReLU()(x)
    x = L.GroupNormalization(groups=-1, scale=False)(x)
    x = L.RMSNormalization()(x)
    x = L.LayerNormalization(axis=[1, 2], center=False)(x)
    x = L.AlphaDropout(0.3)(x)
    y = L.Flatten()(x)
    y = L.UnitNormalization()(y)
    y = L.Dense(6)(y)
    y = L.LayerNormalization(scale=False)(y)
    y = L.RMSNormalization(epsilon=0.1)(y)
    return keras.Model(i, [L.UnitNormalization(axis=[1, 2])(x), L.PReLU()(y)])


def inner():
    """Networks as layers, two deep and twice applied, frozen or not, and a layer applied twice."""
    i = keras.Input((8, 8, 4))
    x = L.Conv2D(4, 3, padding="same", name="c")(i)
    deep = keras.Model(i, L.ReLU()(L.BatchNormalization(name="b")(x)), name="deep")
    i = keras.Input((8, 8, 4))
    base = keras.Model(i, L.MaxPooling2D()(deep(L.Conv2D(4, 1, name="d")(deep(i)))), name="base")
    base.trainable = False
    first = keras.Sequential([L.Rescaling(0.5), L.Conv2D(4, 1, name="pre")], name="first")
    twice = L.Dense(4, activation="tanh", name="twice")
    a = keras.Input((8, 8, 3))
    b = keras.Input((4, 4, 4))
    x = twice(twice(base(first(a))))
    pair = keras.Model([q := keras.Input((4, 4, 4)), r := keras.Input((4, 4, 4))], L.Subtract()([q, r]), name="pair")
    return keras.Model([a, b], L.Dense(2)(L.Flatten()(pair([x, b]))))


if __name__ == "__main__":
    for seed, make in enumerate((one_axis, two_axes, three_axes, merges, activations, shapes, channels_first, norms, inner)):
        if len(sys.argv) > 1 and make.__name__ not in sys.argv[1:]:
            continue
        keras.backend.clear_session()
        try:
            save(make.__name__, make(), seed)
        except Exception as e:
            print(make.__name__, "FAILED", type(e).__name__, str(e)[:600])
