"""Golden values of the five networks, their losses, gradients and one Adam step from PyTorch, and of SSIM from scikit-image.

    python generate.py        # needs torch, safetensors, numpy, scikit-image; writes *.safetensors beside itself

The networks are written here independently of the Rust code, after the specification.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from skimage.metrics import structural_similarity
from torch import nn

HERE = Path(__file__).parent
SIDES = (32, 48)
WIDTH = 1 / 48
CODE, CODE_CHANNELS, ITEMS = 6, 3, 10
BETA, ALPHA = 1.28, 0.0002


class Block(nn.Module):
    def __init__(self, conv, channels):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class Last(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels, 1, 3, 2, 1, 1)

    def forward(self, x):
        return self.conv(x)


class Dense(nn.Module):
    def __init__(self, channels, rows, columns, gaussian):
        super().__init__()
        self.map = (CODE_CHANNELS, rows, columns)
        length = CODE_CHANNELS * rows * columns
        self.reduce = nn.Conv2d(channels, CODE_CHANNELS, 1)
        self.gaussian = gaussian
        if gaussian:
            self.mean = nn.Linear(length, CODE)
            self.log_variance = nn.Linear(length, CODE)
        else:
            self.encode = nn.Linear(length, CODE)
        self.decode = nn.Linear(CODE, length)
        self.expand = nn.Conv2d(CODE_CHANNELS, channels, 1)

    def forward(self, x, noise):
        x = self.reduce(x).flatten(1)
        latent = None
        if self.gaussian:
            mean, log_variance = self.mean(x), self.log_variance(x)
            latent = (mean, log_variance)
            code = mean if noise is None else mean + noise * torch.exp(0.5 * log_variance)
        else:
            code = self.encode(x)
        return self.expand(self.decode(code).unflatten(1, self.map)), latent


class Memory(nn.Module):
    def __init__(self, channels, preset):
        super().__init__()
        bound = channels**-0.5
        self.items = nn.Parameter(torch.empty(ITEMS, channels).uniform_(-bound, bound))
        self.preset = preset

    def forward(self, x, _noise):
        n, c, h, w = x.shape
        query = x.permute(0, 2, 3, 1).reshape(-1, c)
        if self.preset == "official":
            weights = F.softmax(F.linear(query, self.items), dim=1)
            threshold = 0.0025
        else:
            temperature, threshold = {"paper": (1.0, 0.0), "sharp": (0.1, 0.05)}[self.preset]
            cosine = F.cosine_similarity(query[:, None], self.items[None], dim=2)
            weights = F.softmax(cosine / temperature, dim=1)
        if threshold > 0:  # hard_shrink_relu of the official code
            shifted = weights - threshold
            weights = F.relu(shifted) * weights / (torch.abs(shifted) + 1e-12)
            weights = F.normalize(weights, p=1, dim=1)
        return (weights @ self.items).view(n, h, w, c).permute(0, 3, 1, 2), weights


class Network(nn.Module):
    def __init__(self, kind, preset="paper"):
        super().__init__()
        a, b, c, d = (max(1, round(n * WIDTH)) for n in (96, 128, 256, 256))
        self.encoder = nn.Sequential(
            *(Block(nn.Conv2d(i, o, 3, 2, 1), o) for i, o in ((3, a), (a, b), (b, c), (c, d)))
        )
        rows, columns = (side // 16 for side in SIDES)
        if "memae" in kind:
            self.memory = Memory(d, preset)
        else:
            self.bottleneck = Dense(d, rows, columns, gaussian=kind == "vae")
        self.decoder = nn.Sequential(
            *(Block(nn.ConvTranspose2d(i, o, 3, 2, 1, 1), o) for i, o in ((d, c), (c, b), (b, a))), Last(a)
        )

    def forward(self, x, noise=None):
        middle = self.memory if hasattr(self, "memory") else self.bottleneck
        features, latent = middle(self.encoder(x), noise)
        return self.decoder(features), latent


class Skipping(nn.Module):
    """A denoising autoencoder without a bottleneck: the encoder's maps are added to the decoder's, the centre slice to its output."""

    def __init__(self):
        super().__init__()
        network = Network("ae")
        self.encoder, self.decoder = network.encoder, network.decoder

    def forward(self, x, _noise=None):
        maps = [x]
        for block in self.encoder:
            maps.append(block(maps[-1]))
        y = maps.pop()
        for block in self.decoder:
            y = block(y)
            y = y + (maps.pop() if len(maps) > 1 else x[:, 1:2])
        return y, None


def bergmann(width=WIDTH):
    """Bergmann et al. 2019, table 1: layers of (kernel, output, stride), LeakyReLU 0.2, no normalization."""
    a, b, c = (max(1, round(n * width)) for n in (32, 64, 128))
    down = [(4, a, 2), (4, a, 2), (3, a, 1), (4, b, 2), (3, b, 1), (4, c, 2), (3, b, 1), (3, a, 1)]
    up = [(3, b, 1), (3, c, 1), (4, b, 2), (3, b, 1), (4, a, 2), (3, a, 1), (4, a, 2)]
    act = lambda: nn.LeakyReLU(0.2)
    encoder, last = [], 3
    for kernel, output, stride in down:
        encoder += [nn.Conv2d(last, output, kernel, stride, 1), act()]
        last = output
    rows, columns = (side // 16 for side in SIDES)
    length = a * rows * columns
    code = [nn.Flatten(), nn.Linear(length, CODE), nn.Linear(CODE, length), nn.Unflatten(1, (a, rows, columns)), act()]
    decoder = []
    for kernel, output, stride in up:
        convolve = nn.Conv2d if stride == 1 else nn.ConvTranspose2d
        decoder += [convolve(last, output, kernel, stride, 1), act()]
        last = output
    return nn.Sequential(*encoder, *code, *decoder, nn.ConvTranspose2d(last, 1, 4, 2, 1))


def baur(width=WIDTH):
    """Baur et al. 2021: 5x5 convolutions of stride 2, batch normalization, LeakyReLU 0.3, dense code, last 1x1 convolution."""
    a, b, c = (max(1, round(n * width)) for n in (32, 64, 128))
    block = lambda convolve, output: [convolve, nn.BatchNorm2d(output), nn.LeakyReLU(0.3)]
    encoder, last = [], 3
    for output in (a, b, c, c):
        encoder += block(nn.Conv2d(last, output, 5, 2, 2), output)
        last = output
    rows, columns = (side // 16 for side in SIDES)
    length = CODE_CHANNELS * rows * columns
    code = [nn.Conv2d(c, CODE_CHANNELS, 1), nn.Flatten(), nn.Linear(length, CODE), nn.Linear(CODE, length)]
    code += [nn.Unflatten(1, (CODE_CHANNELS, rows, columns)), nn.Conv2d(CODE_CHANNELS, c, 1)]
    decoder = [nn.BatchNorm2d(c), nn.ReLU()]
    for output in (c, b, a, a):
        decoder += block(nn.ConvTranspose2d(last, output, 5, 2, 2, 1), output)
        last = output
    return nn.Sequential(*encoder, *code, *decoder, nn.Conv2d(last, 1, 1))


def architecture_golden(name, network, x):
    """The i-th of all n values of the k-th parameter is a sine, so that no weights need to be stored."""
    for k, parameter in enumerate(network.parameters()):
        i = torch.arange(parameter.numel(), dtype=torch.float64)
        fan = parameter[0].numel() if parameter.dim() > 1 else 1
        values = torch.sin(1.0 + k + 0.7 * i) / fan**0.5
        parameter.data = (values + (parameter.dim() == 1)).view_as(parameter)
    network.double()
    x = x.double()
    output = network(x)  # training mode: statistics of the batch
    network.zero_grad()
    F.mse_loss(output, x[:, 1:2]).backward()
    norms = [parameter.grad.norm() for parameter in network.parameters()]
    golden = {"output": output.detach()[:1], "gradient": torch.stack(norms)}
    save_file({k: v.float().contiguous() for k, v in golden.items()}, HERE / f"{name}.safetensors")


def gaussian():
    taps = torch.exp(-0.5 * (torch.arange(-5, 6, dtype=torch.float64) / 1.5) ** 2)
    taps = taps / taps.sum()
    return torch.outer(taps, taps)[None, None]


def ssim_map(x, y):
    """Valid region, by plain 11x11 convolution. Where luminance is negative, so is the product: the negative of an
    image must not score as the image."""
    mean = lambda t: F.conv2d(t, gaussian().to(t.dtype))
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    luminance, structure = 2 * mx * my + c1, 2 * cov + c2
    structure = torch.where(luminance >= 0, structure, structure.abs())
    return luminance * structure / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def loss_parts(kind, output, latent, target):
    if "ssim" in kind:
        reconstruction = 1 - ssim_map(target, output).mean()
    elif kind == "blob-dae":
        reconstruction = F.l1_loss(output, target)
    else:
        reconstruction = F.mse_loss(output, target)
    if kind == "vae":
        mean, log_variance = latent
        extra = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).mean()
        weight = BETA * CODE / (SIDES[0] * SIDES[1])
    elif "memae" in kind:
        extra = -(latent * torch.log(latent + 1e-12)).sum(dim=1).mean()
        weight = ALPHA
    else:
        return reconstruction, reconstruction, None
    return reconstruction + weight * extra, reconstruction, extra


def slices(generator, n):
    """Smooth images with a background of exact zeros, values in [0, 1]."""
    coarse = torch.rand(n, 3, SIDES[0] // 4, SIDES[1] // 4, generator=generator)
    x = F.interpolate(coarse, size=SIDES, mode="bilinear")
    row, column = torch.meshgrid(torch.linspace(-1, 1, SIDES[0]), torch.linspace(-1, 1, SIDES[1]), indexing="ij")
    return (x * (row**2 + column**2 < 0.8)).contiguous()


def network_golden(name, kind, preset, x, noise):
    torch.manual_seed(0)
    network = Skipping() if kind == "blob-dae" else Network(kind, preset)
    with torch.no_grad():  # running statistics and scales that differ from their initial values
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
    state = {f"state.{k}": v.clone() for k, v in network.state_dict().items() if "num_batches" not in k}
    golden = dict(state)
    # In double precision, so that the golden values carry no rounding of their own.
    network.double()
    x, noise = x.double(), noise.double()

    network.eval()
    with torch.no_grad():
        golden["evaluated"] = network(x)[0]
    network.train()
    output, latent = network(x, noise if kind == "vae" else None)
    total, reconstruction, extra = loss_parts(kind, output, latent, x[:, 1:2])
    golden["trained"] = output.detach()
    golden["loss"] = torch.stack([total, reconstruction] + ([] if extra is None else [extra])).detach()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    total.backward()
    optimizer.step()
    # One vector in the order of the names, because a safetensors header costs 100 bytes a tensor.
    parameters = [parameter for _, parameter in sorted(network.named_parameters())]
    golden["gradient"] = torch.cat([parameter.grad.flatten() for parameter in parameters])
    golden["stepped"] = torch.cat([parameter.detach().flatten() for parameter in parameters])
    golden["running"] = torch.cat([v for k, v in sorted(network.state_dict().items()) if "running" in k])
    save_file({k: v.float().contiguous() for k, v in golden.items()}, HERE / f"{name}.safetensors")


def ssim_golden():
    random = np.random.default_rng(3)
    x = random.random((20, 27)).astype(np.float32)
    x[:8, :9] = 0
    y = np.clip(x + 0.2 * random.standard_normal(x.shape), -0.2, 1.2).astype(np.float32)
    options = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0)
    # In f64: scikit-image is the truth, our f32 has to come near.
    mean, full = structural_similarity(x.astype(np.float64), y.astype(np.float64), full=True, **options)
    tx = torch.from_numpy(x)[None, None].double()
    ty = torch.from_numpy(y)[None, None].double().requires_grad_()
    loss = 1 - ssim_map(tx, ty).mean()
    assert abs(1 - loss.item() - mean) < 1e-6
    loss.backward()
    save_file(
        {
            "x": torch.from_numpy(x),
            "y": torch.from_numpy(y),
            "mean": torch.tensor([mean]).float(),
            "full": torch.from_numpy(full).float(),
            "gradient": ty.grad[0, 0].float().contiguous(),
        },
        HERE / "ssim.safetensors",
    )


def main():
    generator = torch.Generator().manual_seed(7)
    x, noise = slices(generator, 2), torch.randn(2, CODE, generator=generator)
    save_file({"x": x, "noise": noise}, HERE / "batch.safetensors")
    for kind in ("ae", "vae", "ssim-ae", "memae", "ssim-memae"):
        network_golden(kind, kind, "paper", x, noise)
    network_golden("blob-dae", "blob-dae", "paper", x, noise)
    architecture_golden("bergmann", bergmann(), x)
    architecture_golden("baur", baur(), x)
    for preset in ("official", "sharp"):
        network_golden(f"memae-{preset}", "memae", preset, x, noise)
    ssim_golden()


if __name__ == "__main__":
    main()
