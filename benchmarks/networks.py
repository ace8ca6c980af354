"""Training and single-image inference of GPLAC's network, beside the same network as PyTorch's defaults have it."""

import os
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

from contest import Case, Run

WIDTH, HEIGHT = 100, 88
LABELLED, WEAK = 32, 32
"""Images of a training step, the paper's numbers."""
FRAMES = 512
CORES = os.cpu_count() or 1
BETWEEN_LOOKS = {"cpu": 1, "cuda": 20}
"""Training steps between looks at the clock. A GPU works behind the program: it is waited for as often as `gplac train`
does for its log."""


def finish(on: str) -> None:
    """Wait for a GPU."""
    import torch

    if on == "cuda":
        torch.cuda.synchronize()


def _frames(width: int = WIDTH, height: int = HEIGHT) -> SimpleNamespace:
    """Made-up data of the right sizes: speed does not depend on what is in the pictures."""
    import numpy as np

    generator = np.random.default_rng(0)
    return SimpleNamespace(
        images=generator.integers(0, 256, (FRAMES, height, width, 3), dtype=np.uint8),
        states=generator.standard_normal((FRAMES, 17), dtype=np.float32),
        actions=generator.standard_normal((FRAMES, 7), dtype=np.float32),
        labels=(np.arange(FRAMES) % 2).astype(np.uint8),
        scene=np.zeros(FRAMES, np.int64),
    )


def our_training(width: int, height: int, on: str, size: str) -> Run:
    """Whole optimiser steps of GPLAC after the warm-up, as `gplac train` takes them.

    Args:
        width, height: of the pictures.
        on: "cpu" or "cuda"; with a GPU all pictures lie on it.
        size: preset whose layers and training they are.
    """
    import torch

    from gplac.config import preset
    from gplac.methods import gplac
    from gplac.models.network import Network
    from gplac.training.batches import LabelledBatches, WeakBatches
    from gplac.training.learner import Learner, resolved
    from gplac.training.optimiser import adam
    from gplac.training.trainer import Trainer

    device, frames = torch.device(on), _frames(width, height)
    settings = preset(size)
    config = replace(settings.training, warmup_steps=0, labelled_batch=LABELLED, weak_batch=WEAK)
    method = resolved(gplac(), settings)
    learner = Learner(Network(settings.network, height, width, 17, 7), method.objectives).to(device).train()
    labelled = LabelledBatches(frames, config.labelled_batch, 0, device)
    weak = WeakBatches(frames, config.weak_batch, 0, device)
    trainer = Trainer(learner, adam(learner, config), None, method, config, labelled, weak, 0, device)

    def run(seconds: float) -> dict[str, float]:
        start, images, step = time.perf_counter(), 0, 0
        while (elapsed := time.perf_counter() - start) < seconds:
            for _ in range(BETWEEN_LOOKS[on]):
                images += trainer.step(step)[1]
                step += 1
            finish(on)
        return {"training": images / elapsed}

    return run


def plain_training(width: int, height: int, on: str, size: str) -> Run:
    """The same steps with PyTorch's defaults."""
    import torch
    from plain import PlainNetwork
    from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

    from gplac.config import preset

    device, frames = torch.device(on), _frames(width, height)
    images = torch.from_numpy(frames.images).permute(0, 3, 1, 2).contiguous().to(device)
    states, actions = torch.from_numpy(frames.states).to(device), torch.from_numpy(frames.actions).to(device)
    labels = torch.from_numpy(frames.labels).float().to(device)
    network = PlainNetwork(height, width, norm_last=preset(size).network.norm_last).to(device)
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], 3e-4)

    def step() -> None:
        ours, theirs = (torch.randint(FRAMES, (size,), device=device) for size in (LABELLED, WEAK))
        features = network.features(images[torch.cat((ours, theirs))].float() / 255 - 0.5)
        loss = mse_loss(network.act(features[:LABELLED], states[ours]), actions[ours])
        loss = loss + binary_cross_entropy_with_logits(network.classify(features[LABELLED:]), labels[theirs])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def run(seconds: float) -> dict[str, float]:
        start, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            for _ in range(BETWEEN_LOOKS[on]):
                step()
            finish(on)
            count += (LABELLED + WEAK) * BETWEEN_LOOKS[on]
        return {"training": count / elapsed}

    return run


def percentiles(durations: list[float], name: str = "inference") -> dict[str, float]:
    """Of durations in seconds: milliseconds as the measures ``NAME p50`` and ``NAME p99``."""
    import numpy as np

    p50, p99 = np.percentile(durations, [50, 99]) * 1e3
    return {f"{name} p50": float(p50), f"{name} p99": float(p99)}


def our_inference() -> Run:
    """One picture and robot state in, torques out, as a robot would ask for them."""
    import torch

    from gplac.config import preset
    from gplac.models.network import Network
    from gplac.training.policy import Policy

    frames = _frames()
    policy = Policy(Network(preset("lite").network, HEIGHT, WIDTH, 17, 7), torch.device("cpu"))

    def run(seconds: float) -> dict[str, float]:
        durations: list[float] = []
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            i = len(durations) % FRAMES
            policy(frames.images[i : i + 1], frames.states[i : i + 1])
            durations.append(time.perf_counter() - start)
        return percentiles(durations)

    return run


def plain_inference() -> Run:
    """The same with PyTorch's defaults."""
    import torch
    from plain import PlainNetwork

    frames = _frames()
    network = PlainNetwork(HEIGHT, WIDTH).eval()

    def run(seconds: float) -> dict[str, float]:
        durations: list[float] = []
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            i = len(durations) % FRAMES
            with torch.no_grad():
                image = torch.from_numpy(frames.images[i : i + 1]).permute(0, 3, 1, 2).contiguous().float()
                network.act(
                    network.features(image / 255 - 0.5), torch.from_numpy(frames.states[i : i + 1])
                ).numpy()
            durations.append(time.perf_counter() - start)
        return percentiles(durations)

    return run


PLAIN = "the same network, eager float32 PyTorch"


def training(width: int = WIDTH, height: int = HEIGHT, on: str = "cpu", size: str = "lite") -> Case:
    """Training steps at a size of pictures, on a device, with a preset's layers."""
    ours, peer = (partial(setup, width, height, on, size) for setup in (our_training, plain_training))
    return Case({"training": "images/s"}, PLAIN, ours, peer, CORES)


TRAINING = training()
INFERENCE = Case({"inference p50": "ms", "inference p99": "ms"}, PLAIN, our_inference, plain_inference, CORES)
