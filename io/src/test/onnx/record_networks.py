"""Records small networks exported by PyTorch, with their inputs and outputs, in io/src/test/resources/onnx/networks.

The shapes of VGG-16, ResNet-18, SqueezeNet and a segmentation network with upsampling, made narrow so that the files stay
small; and a network with max unpooling, which PyTorch does not export, put together with onnx.helper and run by ONNX Runtime.
Made with torch 2.13, onnx 1.23, onnxruntime 1.30; seed 1.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

FOLDER = pathlib.Path(__file__).parent.parent / "resources" / "onnx" / "networks"
torch.manual_seed(1)
random = np.random.default_rng(1)


class Vgg16(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for width in (2, 2, "M", 3, 3, "M", 4, 4, 4, "M", 6, 6, 6, "M", 6, 6, 6, "M"):
            if width == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 5))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = None
        if stride != 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        widths, blocks, before = (4, 6, 8, 10), [], 4
        for i, width in enumerate(widths):
            blocks += [Block(before, width, 1 if i == 0 else 2), Block(width, width, 1)]
            before = width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(10, 5)

    def forward(self, x):
        return self.fc(self.blocks(self.stem(x)).mean([2, 3]))


class Fire(nn.Module):
    def __init__(self, before, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.one = nn.Conv2d(squeezed, expanded, 1)
        self.three = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.one(x)), torch.relu(self.three(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(6, 3, 4), Fire(8, 3, 4),
            nn.MaxPool2d(3, 2, ceil_mode=True), Fire(8, 4, 6), nn.Dropout(), nn.Conv2d(12, 5, 1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return torch.softmax(torch.flatten(self.features(x), 1), 1)


class Segmentation(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 6, 3, 2, 1)
        self.deep = nn.Conv2d(6, 8, 3, 2, 1)
        self.up = nn.ConvTranspose2d(8, 6, 2, 2)
        self.merge = nn.Conv2d(12, 4, 3, padding=1)
        self.norm = nn.InstanceNorm2d(6, affine=True)

    def forward(self, x):
        a = torch.nn.functional.silu(self.norm(self.down(x)))
        b = torch.nn.functional.hardswish(self.deep(a))
        y = self.merge(torch.cat([self.up(b), a], 1))
        y = torch.nn.functional.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.log_softmax(y + torch.nn.functional.interpolate(y[:, :, ::2, ::2], size=y.shape[2:], mode="nearest"), 1)


def record(name, network, side):
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    x = torch.randn(2, 3, side, side)
    file = FOLDER / f"{name}.onnx"
    torch.onnx.export(network, (x,), str(file), input_names=["x"], output_names=["y"], opset_version=17, dynamo=False,
                      dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    with torch.no_grad():
        y = network(x)
    np.save(FOLDER / f"{name}.x.npy", x.numpy())
    np.save(FOLDER / f"{name}.y.npy", y.numpy())


def unpooling():
    w1 = random.normal(size=(4, 1, 3, 3), scale=0.4).astype(np.float32)
    w2 = random.normal(size=(4, 4, 3, 3), scale=0.3).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["a"], ["p", "i"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p", "w2"], ["b"], pads=[1, 1, 1, 1]),
        helper.make_node("MaxUnpool", ["b", "i"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    graph = helper.make_graph(
        nodes, "unpooling", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4, 8, 8])],
        [numpy_helper.from_array(w1, "w1"), numpy_helper.from_array(w2, "w2")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, FOLDER / "unpooling.onnx")
    x = random.normal(size=(1, 1, 8, 8)).astype(np.float32)
    y = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    np.save(FOLDER / "unpooling.x.npy", x)
    np.save(FOLDER / "unpooling.y.npy", y)


FOLDER.mkdir(parents=True, exist_ok=True)
record("vgg16", Vgg16(), 32)
record("resnet18", ResNet18(), 32)
record("squeezenet", SqueezeNet(), 24)
record("segmentation", Segmentation(), 16)
unpooling()
