"""Loads networks that Tarn exported in Keras and compares predictions.

    KERAS_BACKEND=tensorflow python check_exports.py FOLDER

FOLDER holds NAME.keras, NAME.h5 and NAME.npz with inputs x0, … and outputs y0, …, channels last.
"""

import glob
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np

worst = 0
for arrays in sorted(glob.glob(os.path.join(sys.argv[1], "*.npz"))):
    data = np.load(arrays)
    xs = [data["x%d" % i] for i in range(9) if "x%d" % i in data]
    for ending in (".keras", ".h5"):
        name = arrays[: -len(".npz")] + ending
        try:
            model = keras.models.load_model(name, compile=False)
            ys = model(xs if len(xs) > 1 else xs[0], training=False)
            ys = ys if isinstance(ys, (list, tuple)) else [ys]
            diff = 0
            for i, y in enumerate(ys):
                wanted = data["y%d" % i]
                diff = max(diff, float(np.max(np.abs(np.asarray(y) - wanted)) / max(1, np.max(np.abs(wanted)))))
            worst = max(worst, diff)
            print("%-40s %-8d layers  difference %.1e" % (os.path.basename(name), len(model.layers), diff))
        except Exception as e:
            worst = float("inf")
            print("%-40s FAILED %s %s" % (os.path.basename(name), type(e).__name__, str(e)[:900]))
print("keras", keras.__version__, "worst", worst)
sys.exit(worst > 1e-4)
