"""What limits the training step: its arithmetic, and how near it comes to the machine's own matrix product.

    python benchmarks/roofline.py [--width 200 --height 175] [--preset paper]

Counts the multiply-adds of one step of GPLAC with 32 + 32 images, measures how many the step gets done in a second, and
how many one large matrix product does in the same precision; the same for the float32 peer of `make bench`. On a GPU if
there is one. Prints the shares and writes results/roofline/[paper-]<width>x<height>-<hardware>.json. The machine must
be idle.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from contest import Case, Run
from networks import BETWEEN_LOOKS, CORES, HEIGHT, LABELLED, WEAK, WIDTH, finish, training
from plain import PlainNetwork
from run import machine
from torch import Tensor, nn

from gplac.cli import mistakes_told
from gplac.config import preset as settings_of
from gplac.files import require_writable, write_atomically
from gplac.models.network import Network
from gplac.provenance import provenance
from gplac.training.device import best_device, has_bf16

PARTS = ("forward", "weight_gradients", "input_gradients")


def layers(module: nn.Module, forward: Callable[[], Any]) -> list[dict[str, Any]]:
    """Multiply-adds of every convolution and linear layer of ``module`` that ``forward`` passes, in its order, by
    `PARTS`. A frozen layer has no weight gradients, and one that stands behind frozen ones alone no input gradients.
    All else (spatial softmax, batch norm, ReLU, Adam) multiplies less than a hundredth as often."""
    found: list[dict[str, Any]] = []

    def count(layer: nn.Conv2d | nn.Linear, inputs: tuple[Tensor], output: Tensor, name: str) -> None:
        each = (
            output.numel() * layer.weight[0].numel()
        )  # a row of the weight goes into every number of the answer
        needed = True, layer.weight.requires_grad, inputs[0].requires_grad
        found.append({"layer": name} | {part: each * need for part, need in zip(PARTS, needed, strict=True)})

    hooks = [
        layer.register_forward_hook(partial(count, name=name))
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    try:
        forward()
    finally:
        for hook in hooks:
            hook.remove()
    return found


def of_step(width: int, height: int, size: str = "lite") -> list[dict[str, Any]]:
    """`layers` of a step of GPLAC in a preset: labelled images reach the policy, weak ones the classifier."""
    network = Network(settings_of(size).network, height, width, 17, 7)

    def forward() -> None:
        features_BF = network.encode(torch.zeros(LABELLED + WEAK, height, width, 3, dtype=torch.uint8))
        network.policy(features_BF[:LABELLED], torch.zeros(LABELLED, 17))
        network.classify(features_BF[LABELLED:])

    return layers(network, forward)


def of_plain_step(width: int, height: int, size: str = "lite") -> list[dict[str, Any]]:
    """The same of the peer's."""
    network = PlainNetwork(height, width, norm_last=settings_of(size).network.norm_last)

    def forward() -> None:
        features_BF = network.features(torch.zeros(LABELLED + WEAK, 3, height, width))
        network.act(features_BF[:LABELLED], torch.zeros(LABELLED, 17))
        network.classify(features_BF[LABELLED:])

    return layers(network, forward)


def product(precision: str, size: int, on: str) -> Run:
    """Products of two square matrices, in GFLOP/s: a multiply-add is two operations."""
    left, right = (torch.randn(size, size).to(on, getattr(torch, precision)) for _ in range(2))

    def run(seconds: float) -> dict[str, float]:
        start, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            for _ in range(BETWEEN_LOOKS[on]):
                torch.mm(left, right)
                count += 1
            finish(on)
        return {"matmul": 2e-9 * size**3 * count / elapsed}

    return run


def shares(images_per_s: float, arithmetic: list[dict[str, Any]], matmul_gflops: float) -> dict[str, float]:
    """How fast a step's arithmetic is done, and as a share of the matrix product's rate."""
    gflops = 2e-9 * images_per_s * total(arithmetic) / (LABELLED + WEAK)
    return {"images_per_s": images_per_s, "gflops": gflops, "share_of_matmul": gflops / matmul_gflops}


def total(arithmetic: list[dict[str, Any]]) -> int:
    """Multiply-adds of all layers and `PARTS`."""
    return sum(int(layer[part]) for layer in arithmetic for part in PARTS)


def main(
    width: int = WIDTH,
    height: int = HEIGHT,
    size: int = 4096,
    repeats: int = 7,
    seconds: float = 3.0,
    preset: Literal["lite", "paper"] = "lite",
    out: Path | None = None,
) -> None:
    """Count, measure, print, write.

    Args:
        width, height: Of the pictures.
        size: Rows and columns of the matrices.
        repeats: Turns of each contender, besides one to warm up; the median counts.
        seconds: Length of a turn.
        preset: Whose layers; those of `paper` have no batch norm after the last convolution.
        out: File to write; by default results/roofline/[paper-]<width>x<height>-<hardware>.json.
    """
    if min(width, height) < 32 or min(size, repeats) < 1 or not seconds > 0:
        raise SystemExit(
            "Pictures are 32 pixels wide and high or more, turns and matrices of a size above nought."
        )
    prefix = "" if preset == "lite" else f"{preset}-"
    out = out or Path("results/roofline") / f"{prefix}{width}x{height}-{machine()}.json"
    require_writable(out)
    device = best_device()
    ours, peers = of_step(width, height, preset), of_plain_step(width, height, preset)
    precision = "bfloat16" if has_bf16(device) else "float32"
    products = Case(
        {"matmul": "GFLOP/s"},
        "float32",
        partial(product, precision, size, device.type),
        partial(product, "float32", size, device.type),
        CORES,
    )
    cases = products, training(width, height, device.type, preset)
    (matmul,), (steps,) = (case.contest(repeats, seconds) for case in cases)
    rates = {each: (float(str(matmul[each])), float(str(steps[each]))) for each in ("ours", "peer")}
    found = {
        "preset": preset,
        "device": device.type,
        "image": [width, height],
        "batch": {"labelled": LABELLED, "weak": WEAK},
        "multiply_adds": {part: sum(layer[part] for layer in ours) for part in PARTS} | {"layers": ours},
        "matmul_size": size,
        "ours": {"precision": precision, "matmul_gflops": rates["ours"][0]}
        | shares(rates["ours"][1], ours, rates["ours"][0]),
        "peer": {"precision": "float32", "matmul_gflops": rates["peer"][0]}
        | shares(rates["peer"][1], peers, rates["peer"][0]),
        "n": repeats,
        "provenance": provenance(),
    }
    print(f"A step has {total(ours) / 1e9:.1f} billion multiply-adds:")
    for part in PARTS:
        print(f"  {part.replace('_', ' ')}: {sum(layer[part] for layer in ours) / total(ours):.0%}")
    for name in ("ours", "peer"):
        row: dict[str, Any] = found[name]  # type: ignore[assignment]
        print(
            f"{name}, {row['precision']}: {row['gflops']:.0f} GFLOP/s, {row['share_of_matmul']:.0%} of the matrix"
            f" product's {row['matmul_gflops']:.0f}"
        )
    write_atomically(out, (json.dumps(found, indent=1) + "\n").encode())
    print(f"Written to {out}.")


if __name__ == "__main__":
    with mistakes_told("roofline"):
        tyro.cli(main)
