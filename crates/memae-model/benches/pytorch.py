"""One training step in PyTorch, to compare with: the same network, batch and loss, written as one would.

    python pytorch.py MODEL MODE WIDTH SIDE STEPS DEVICE

MODEL is ae or ssim-memae; MODE is eager, channels-last or compiled-bf16. Prints the seconds of each step. The batch lies ready
in the memory of the device, so nothing is loaded.
"""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, WARM_UP = 32, 2


class Dense(nn.Module):
    def __init__(self, channels, side):
        super().__init__()
        length = 16 * (side // 16) ** 2
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 16, 1),
            nn.Flatten(),
            nn.Linear(length, 128),
            nn.Linear(128, length),
            nn.Unflatten(1, (16, side // 16, side // 16)),
            nn.Conv2d(16, channels, 1),
        )

    def forward(self, x):
        return self.layers(x), None


class Memory(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.items = nn.Parameter(torch.empty(10, channels).uniform_(-(channels**-0.5), channels**-0.5))

    def forward(self, x):
        query = F.normalize(x.movedim(1, -1), dim=-1)
        weights = F.softmax(query @ F.normalize(self.items, dim=-1).T, dim=-1)
        return (weights @ self.items).movedim(-1, 1), weights


class Network(nn.Module):
    def __init__(self, model, width, side):
        super().__init__()
        channels = [max(1, round(width * n)) for n in (96, 128, 256, 256)]
        layers = []
        for i, o in zip([3, *channels], channels):
            layers += [nn.Conv2d(i, o, 3, 2, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        self.encoder = nn.Sequential(*layers)
        self.middle = Memory(channels[3]) if model == "ssim-memae" else Dense(channels[3], side)
        layers = []
        for i, o in zip(channels[::-1], channels[-2::-1]):
            layers += [nn.ConvTranspose2d(i, o, 3, 2, 1, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        self.decoder = nn.Sequential(*layers, nn.ConvTranspose2d(channels[0], 1, 3, 2, 1, 1))

    def forward(self, x):
        features, weights = self.middle(self.encoder(x))
        return self.decoder(features), weights


def ssim_loss(x, y):
    """As the usual packages: convolutions in groups, separable, without border."""
    taps = torch.exp(-0.5 * ((torch.arange(11, device=x.device) - 5) / 1.5) ** 2)
    taps = (taps / taps.sum()).to(x.dtype)
    mean = lambda t: F.conv2d(F.conv2d(t, taps.view(1, 1, -1, 1)), taps.view(1, 1, 1, -1))
    mx, my = mean(x), mean(y)
    vx, vy, c = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    ssim = (2 * mx * my + 1e-4) * (2 * c + 9e-4) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4))
    return 1 - ssim.mean()


def main():
    model, mode, width, side, steps, device = sys.argv[1:]
    side, device = int(side), torch.device(device)
    network = Network(model, float(width), side).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    x = torch.rand(BATCH, 3, side, side, device=device)
    if mode != "eager":
        network, x = network.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    half = mode == "compiled-bf16"
    target = x[:, 1:2].contiguous()

    def loss():
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            output, weights = network(x)
        output = output.float()
        if model == "ae":
            return F.mse_loss(output, target)
        weights = weights.float()
        entropy = -(weights * torch.log(weights + 1e-12)).sum(-1).mean()
        return ssim_loss(target, output) + 0.0002 * entropy

    if half:
        loss = torch.compile(loss)
    for step in range(WARM_UP + int(steps)):
        start = time.perf_counter()
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        value.item()  # waits for the device
        if step >= WARM_UP:
            print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
