"""Depths that PyTorch computes with the built-in weights, for tests.rs. Run again where coarse.bin or fine.bin change.

    python golden.py golden.json      (needs numpy and torch)
"""
import json
import pathlib
import sys

import numpy
import torch
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
SHAPE = (16, 24, 40)
UNIT = 10.0


def volume(channel):
    x, y, z = numpy.indices(SHAPE)
    return ((7 * x + 13 * y + 29 * z + 5 * channel + x * y * z) % 31 / 31).astype(numpy.float32)


def depth(weights, inputs, widths):
    numbers = torch.from_numpy(numpy.fromfile(HERE / weights, "<f2").astype(numpy.float32))
    at = 0

    def layer(field, to, size=3, stride=1, rectified=True):
        nonlocal at
        shape = (to, field.shape[1], size, size, size)
        count = int(numpy.prod(shape))
        kernel = numbers[at : at + count].view(shape)
        bias = numbers[at + count : at + count + to]
        at += count + to
        field = functional.conv3d(field, kernel, bias, stride=stride, padding=size // 2)
        return functional.leaky_relu(field, 0.01) if rectified else field

    def doubled(field):
        return functional.interpolate(field, scale_factor=2, mode="nearest")

    field = torch.from_numpy(numpy.stack([volume(channel) for channel in range(inputs)]))[None]
    # Blocks become channels: those of one volume after those of the other.
    blocks = [
        field[:, :, x::2, y::2, z::2] for x in (0, 1) for y in (0, 1) for z in (0, 1)
    ]
    field = torch.stack(blocks, 2).flatten(1, 2)
    a, b, c = widths
    first = layer(layer(field, a), a)
    second = layer(layer(first, b, stride=2), b)
    third = layer(layer(second, c, stride=2), c)
    second = layer(second + doubled(layer(third, b)), b)
    first = layer(first + doubled(layer(second, a)), a)
    blocks = layer(first, 8, size=1, rectified=False)
    assert at == len(numbers)
    out = numpy.zeros(SHAPE)
    for channel in range(8):
        out[channel // 4 :: 2, channel // 2 % 2 :: 2, channel % 2 :: 2] = blocks[0, channel].numpy()
    return UNIT * out


def main(output):
    places = [(0, 0, 0), (15, 23, 39), (1, 2, 3), (7, 11, 20), (8, 12, 19), (14, 0, 39), (3, 22, 33), (10, 5, 16)]
    networks = {"coarse": (1, (16, 32, 48)), "fine": (2, (32, 32, 32))}
    with torch.no_grad():
        found = {name: depth(f"{name}.bin", *layout) for name, layout in networks.items()}
    golden = {
        name: {"at": [[*place, float(field[place])] for place in places], "mean": float(field.mean())}
        for name, field in found.items()
    }
    pathlib.Path(output).write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
