"""One training step in PyTorch, to compare with: the same network, batch and loss, written as one would.

    python pytorch.py MODEL MODE WIDTH SIDE BATCH STEPS DEVICE

MODEL is one of the paper's five; MODE is eager, tf32, channels-last, bf16 or compiled-bf16, each with what those before it have
but that the processor has no tf32. Prints the seconds of each step, by the clock and of processor time, then the bytes of
memory that were in use at most. The batch lies ready in the memory of the device, so nothing is loaded.
"""

import math
import resource
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

MODES = ["eager", "tf32", "channels-last", "bf16", "compiled-bf16"]
CODE, CODE_CHANNELS, BETA, ALPHA = 128, 16, 1.28, 0.0002


class Dense(nn.Module):
    def __init__(self, channels, side, gaussian):
        super().__init__()
        side //= 16
        length = CODE_CHANNELS * side**2
        self.reduce = nn.Sequential(nn.Conv2d(channels, CODE_CHANNELS, 1), nn.Flatten())
        self.code = nn.Linear(length, CODE)
        self.log_variance = nn.Linear(length, CODE) if gaussian else None
        self.expand = nn.Sequential(
            nn.Linear(CODE, length), nn.Unflatten(1, (CODE_CHANNELS, side, side)), nn.Conv2d(CODE_CHANNELS, channels, 1)
        )

    def forward(self, x):
        reduced = self.reduce(x)
        code, extra = self.code(reduced), None
        if self.log_variance is not None:
            log_variance = self.log_variance(reduced)
            extra = BETA * -0.5 * (1 + log_variance - code**2 - log_variance.exp()).sum(1).mean()
            code = code + torch.randn_like(code) * (0.5 * log_variance).exp()
        return self.expand(code), extra


class Memory(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.items = nn.Parameter(torch.empty(10, channels).uniform_(-(channels**-0.5), channels**-0.5))

    def forward(self, x):
        query = F.normalize(x.movedim(1, -1), dim=-1)
        weights = F.softmax(query @ F.normalize(self.items, dim=-1).T, dim=-1)
        entropy = -(weights * torch.log(weights + 1e-12)).sum(-1).mean()
        return (weights @ self.items).movedim(-1, 1), ALPHA * entropy


class Network(nn.Module):
    def __init__(self, model, width, side):
        super().__init__()
        channels = [max(1, round(width * n)) for n in (96, 128, 256, 256)]
        layers = []
        for i, o in zip([3, *channels], channels):
            layers += [nn.Conv2d(i, o, 3, 2, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        self.encoder = nn.Sequential(*layers)
        self.middle = Memory(channels[3]) if "memae" in model else Dense(channels[3], side, model == "vae")
        layers = []
        for i, o in zip(channels[::-1], channels[-2::-1]):
            layers += [nn.ConvTranspose2d(i, o, 3, 2, 1, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        self.decoder = nn.Sequential(*layers, nn.ConvTranspose2d(channels[0], 1, 3, 2, 1, 1))
        self.pixels = side**2

    def forward(self, x):
        features, extra = self.middle(self.encoder(x))
        if extra is not None and not isinstance(self.middle, Memory):
            extra = extra / self.pixels
        return self.decoder(features), extra


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
    model, mode, width, side, batch, steps, device = sys.argv[1:]
    side, steps, device, level = int(side), int(steps), torch.device(device), MODES.index(mode)
    network = Network(model, float(width), side).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    x = torch.rand(int(batch), 3, side, side, device=device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = level >= 1
    if level >= 2:
        network, x = network.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    target = x[:, 1:2].contiguous()

    def loss():
        with torch.autocast(device.type, torch.bfloat16, enabled=level >= 3):
            output, extra = network(x)
        output = output.float()
        value = ssim_loss(target, output) if "ssim" in model else F.mse_loss(output, target)
        return value if extra is None else value + extra

    if level >= 4:
        loss = torch.compile(loss)
    for step in range(steps + math.ceil(steps / 4)):
        start, processor = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        value.item()  # waits for the device
        if step >= math.ceil(steps / 4):
            print(time.perf_counter() - start, time.process_time() - processor, flush=True)
    if device.type == "cuda":
        query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        print(2**20 * int(subprocess.check_output(query, text=True).split()[0]))
    else:
        print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main()
