"""Loads a checkpoint of memae-model in Python and reconstructs a volume with PyTorch.

    python load_in_python.py best.safetensors volume.raw reconstruction.raw I J K

The volume is preprocessed, f32, [I, J, K] in C order; so is the reconstruction. Needs torch and safetensors.
Architecture `trunk`; no bottleneck, a dense one, or the memory with the presets `paper` and `official`, whatever its query.
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open


def load(path):
    with safe_open(path, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}
        return weights, json.loads(file.metadata()["memae"])


def block(x, weights, name, convolve):
    x = convolve(x, weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"])
    if f"{name}.norm.weight" not in weights:
        return x
    norm = [weights[f"{name}.norm.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    return F.leaky_relu(F.batch_norm(x, *norm), 0.2)


def down(x, weight, bias):
    return F.conv2d(x, weight, bias, stride=2, padding=1)


def up(x, weight, bias):
    return F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1)


def dense(x, weights, kind):
    linear = lambda x, name: F.linear(x, weights[f"bottleneck.{name}.weight"], weights[f"bottleneck.{name}.bias"])
    pointwise = lambda x, name: F.conv2d(x, weights[f"bottleneck.{name}.weight"], weights[f"bottleneck.{name}.bias"])
    reduced = pointwise(x, "reduce")
    code = linear(reduced.flatten(1), "mean" if kind == "vae" else "encode")
    return pointwise(linear(code, "decode").view_as(reduced), "expand")


def memory(x, weights, settings):
    items, preset = weights["memory.items"], settings["preset"]
    batch, channels, rows, columns = x.shape
    grids = {"flat": (1, 1), "position": (rows, columns)}
    grid = grids[settings["query"]] if isinstance(settings["query"], str) else settings["query"]["grid"]
    height, width = rows // grid[0], columns // grid[1]
    blocks = x.reshape(batch, channels, grid[0], height, grid[1], width).permute(0, 2, 4, 1, 3, 5)
    query = blocks.flatten(3)
    if preset == "paper":
        address = F.softmax(F.normalize(query, dim=-1) @ F.normalize(items, dim=-1).T, dim=-1)
    elif preset == "official":
        address = F.softmax(query @ items.T, dim=-1)
        address = F.relu(address - 0.0025) * address / ((address - 0.0025).abs() + 1e-12)
        address = F.normalize(address, p=1, dim=-1)
    else:
        sys.exit(f"memory preset {preset}: not in this script")
    return (address @ items).view(blocks.shape).permute(0, 3, 1, 4, 2, 5).reshape(x.shape)


@torch.no_grad()
def reconstruct(weights, metadata, volume):
    slices = torch.from_numpy(volume).movedim(2, 0)
    if metadata["model"]["architecture"] != "trunk":
        sys.exit("an architecture other than trunk: not in this script")
    padded = torch.cat([slices[:1], slices, slices[-1:]])
    x = torch.stack([padded[:-2], padded[1:-1], padded[2:]], dim=1)
    windows, maps = x, []
    for i in range(4):
        x = block(x, weights, f"encoder.{i}", down)
        maps.append(x)
    if "memory.items" in weights:
        x = memory(x, weights, metadata["model"]["memory"])
    elif "bottleneck.encode.weight" in weights or "bottleneck.mean.weight" in weights:
        x = dense(x, weights, metadata["kind"])
    for i in range(4):
        x = block(x, weights, f"decoder.{i}", up)
        if metadata["kind"] == "blob-dae":
            x = x + (maps[2 - i] if i < 3 else windows[:, 1:2])
    x = x[:, 0] * (slices != 0).any(dim=2, keepdim=True).any(dim=1, keepdim=True)  # black where there is no brain
    return x.movedim(0, 2).contiguous().numpy()


def main():
    checkpoint, source, target, *shape = sys.argv[1:]
    weights, metadata = load(checkpoint)
    volume = np.fromfile(source, dtype="<f4").reshape([int(n) for n in shape])
    reconstruct(weights, metadata, volume).astype("<f4").tofile(target)


if __name__ == "__main__":
    main()
