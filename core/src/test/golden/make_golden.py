"""Writes the golden cases of Tarn's tests. See README.md beside this file.

usage: python make_golden.py [PART…]     PART is one of torch, other, layers, training; all of them if none is named
"""

import importlib
import pathlib
import sys

import torch

PARTS = {"torch": "torch_pooling", "other": "other_pooling", "layers": "layers", "training": "training"}


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(__file__).resolve().parent.parent / "resources" / "dev" / "tarn" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[1:] or PARTS:
        for book in importlib.import_module(PARTS[part]).books():
            book.write(folder)
    sizes = [f.stat().st_size for f in folder.glob("*.txt.gz")]
    print(f"together {sum(sizes)} bytes")
    assert sum(sizes) < 900_000


if __name__ == "__main__":
    main()
