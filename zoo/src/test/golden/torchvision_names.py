"""Writes what the state of torchvision's networks is called: python torchvision_names.py > ../resources/torchvision/names.txt

One line per network of the zoo: its name, then each array with its shape. Made with torch 2.13 and torchvision 0.29.1.
"""
import torch
import torchvision.models as models

NETWORKS = {"alexnet-one-column": "alexnet", "squeezenet": "squeezenet1_0", "resnet18": "resnet18"}
NETWORKS |= {f"vgg{depth}{norm.replace('_', '-')}": f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")}

for ours, theirs in NETWORKS.items():
    with torch.device("meta"):
        state = getattr(models, theirs)().state_dict()
    shapes = (name + str(list(value.shape)).replace(" ", "") for name, value in state.items())
    print(ours, *(shape for shape in shapes if "num_batches_tracked" not in shape))
