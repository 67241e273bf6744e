"""Writes the operator tests of the onnx package as folders: all of them, or the small selection that ./check runs.

usage: record_tests.py FOLDER          all tests, for `tarn conformance FOLDER`
       record_tests.py --selection     io/src/test/resources/onnx/node

Made with onnx 1.23.0 and numpy 2.4.
"""

import pathlib
import shutil
import sys

import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases

SELECTED = pathlib.Path(__file__).parent.parent / "resources" / "onnx" / "node"
FAMILIES = """
Conv ConvTranspose MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool MaxUnpool Gemm MatMul
BatchNormalization InstanceNormalization LayerNormalization GroupNormalization LRN LpNormalization Softmax LogSoftmax Hardmax
Relu LeakyRelu Elu Selu Celu HardSigmoid HardSwish Mish Gelu Softplus Softsign ThresholdedRelu Shrink PRelu Clip Erf Round
Add Sub Mul Div Pow Mod Max Min Mean Sum Where Equal Less GreaterOrEqual And Not Cast IsInf
ReduceSum ReduceMean ReduceMax ReduceL2 ReduceLogSumExp ReduceProd ArgMax ArgMin
Reshape Transpose Squeeze Unsqueeze Flatten Concat Split Slice Pad Gather Expand Tile Shape Size Constant ConstantOfShape Range
DepthToSpace SpaceToDepth Resize Dropout
""".split()
MOST_BYTES = 3000
MOST_PER_OPERATOR = 4


def tensors(values, infos):
    for value, info in zip(values, infos):
        yield value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), info.name)


def files(case):
    """The files of a test by their names, or None if its values are no tensors."""
    found = {"model.onnx": case.model.SerializeToString()}
    graph = case.model.graph
    for number, (inputs, outputs) in enumerate(case.data_sets):
        for stem, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            if any(isinstance(v, (list, dict)) or v is None for v in values):
                return None
            for i, tensor in enumerate(tensors(values, infos)):
                found[f"test_data_set_{number}/{stem}_{i}.pb"] = tensor.SerializeToString()
    return found


def write(folder, name, found):
    for path, content in found.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def main():
    selection = sys.argv[1] == "--selection"
    folder = SELECTED if selection else pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    counts = {}
    for case in sorted(collect_testcases(None), key=lambda c: c.name):
        try:
            found = files(case)
        except (TypeError, ValueError):
            continue
        if found is None:
            continue
        if selection:
            nodes = case.model.graph.node
            floats = {i.type.tensor_type.elem_type for i in case.model.graph.input} <= {
                TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL}
            operator = nodes[0].op_type
            small = sum(map(len, found.values())) <= MOST_BYTES
            few = counts.get(operator, 0) < MOST_PER_OPERATOR
            if not (len(nodes) == 1 and operator in FAMILIES and floats and small and few):
                continue
            if any(word in case.name for word in ("FLOAT4", "FLOAT8", "INT4", "INT2")):
                continue
            if operator == "Dropout" and "training" in case.name or case.name.startswith("test_not_"):
                continue
            counts[operator] = counts.get(operator, 0) + 1
        write(folder, case.name, found)


main()
