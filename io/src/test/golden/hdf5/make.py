"""Golden HDF5 files: arrays as h5py 3 stores them, and files that point elsewhere or promise too much.

    python make.py

Packed with gzip, because HDF5 is mostly zeros.
"""

import gzip
import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def write(name, fill, **options):
    path = "/tmp/golden.h5"
    with h5py.File(path, "w", **options) as f:
        fill(f)
    with gzip.GzipFile(os.path.join(here, name + ".h5.gz"), "wb", mtime=0) as out:
        out.write(open(path, "rb").read())


def arrays(f):
    ramp = np.arange(7 * 9, dtype="float32").reshape(7, 9)
    f.create_dataset("plain", data=ramp)
    f.create_dataset("chunked", data=ramp, chunks=(2, 4))
    f.create_dataset("packed", data=ramp, chunks=(3, 5), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("checked", data=ramp, chunks=(7, 3), fletcher32=True)
    f.create_dataset("wide", data=ramp.astype("float64"))
    f.create_dataset("half", data=ramp.astype("float16"))
    f.create_dataset("big", data=ramp.astype(">f4"))
    f.create_dataset("whole", data=ramp.astype("int16"))
    f.create_dataset("single", data=np.float32(5))
    deep = f.create_group("a/b/c")
    deep.create_dataset("x", data=ramp)
    deep.attrs["text"] = "größe"
    deep.attrs["bytes"] = np.bytes_("abc")
    deep.attrs["list"] = ["one", "two", "three"]
    deep.attrs["fixed"] = np.array([b"one", b"three"])
    deep.attrs["none"] = np.array([])
    deep.attrs["number"] = 3
    wide = f.create_group("many")
    for i in range(400):
        wide.create_group("member%d" % i)


def virtual(f):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(4,))
    f.create_virtual_dataset("x", layout)


if __name__ == "__main__":
    write("arrays", arrays)
    write("soft_link", lambda f: f.__setitem__("x", h5py.SoftLink("/etc")))
    write("external_link", lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/")))
    write("external_storage", lambda f: f.create_dataset("x", (4,), "f4", external=[("/etc/passwd", 0, 16)]))
    write("virtual", virtual)
    write("petabytes", lambda f: f.create_dataset("x", (1 << 25, 1 << 25), "f4"))
    write("petabytes_in_chunks", lambda f: f.create_dataset("x", (1 << 25, 1 << 25), "f4", chunks=(1024, 1024)))
    write("bomb", lambda f: f.create_dataset("x", data=np.zeros((5120, 5120), "f4"), chunks=(512, 5120), compression=9))
    write("lzf", lambda f: f.create_dataset("x", data=np.zeros(9, "f4"), chunks=(9,), compression="lzf"))
    write("compound", lambda f: f.create_dataset("x", data=np.zeros(3, "f4,i4")))
    write("variable", lambda f: f.create_dataset("x", data=["a", "b"]))
    write("latest", lambda f: f.create_dataset("x", data=np.zeros(3, "f4")), libver="latest")
