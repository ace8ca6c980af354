"""One picture and robot state in, an action out, on one core: a policy's ONNX file beside eager PyTorch."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from contest import Case, Run
from networks import PLAIN, percentiles

SIZES = {"200x175": (175, 200), "320x240": (240, 320)}
FRAMES = 64


def ours(name: str, height: int, width: int, int8: bool) -> Run:
    """`gplac.robot.Policy`, checks of its input included."""
    import torch

    from gplac.config import preset
    from gplac.models.network import Network
    from gplac.robot.policy import Policy
    from gplac.training.export import file_of
    from gplac.training.onnx_model import made_up

    torch.manual_seed(0)
    network = Network(preset("lite").network, height, width, 17, 7).eval()
    sample = made_up(network, height, width, FRAMES)
    policy = Policy(file_of(network, height, width, sample.images if int8 else None))
    return _run(name, lambda i: policy.act(sample.images[i], sample.states[i]))


def peer(name: str, height: int, width: int) -> Run:
    """The same with PyTorch's defaults."""
    import torch
    from plain import PlainNetwork

    from gplac.config import preset
    from gplac.models.network import Network
    from gplac.training.onnx_model import made_up

    network = PlainNetwork(height, width).eval()
    sample = made_up(Network(preset("lite").network, height, width, 17, 7), height, width, FRAMES)

    def act(i: int) -> Any:
        with torch.no_grad():
            image = torch.from_numpy(sample.images[i : i + 1]).permute(0, 3, 1, 2).contiguous().float()
            points = network.features(image / 255 - 0.5)
            return network.act(points, torch.from_numpy(sample.states[i : i + 1])).numpy()

    return _run(name, act)


def _run(name: str, act: Callable[[int], Any]) -> Run:
    def run(seconds: float) -> dict[str, float]:
        durations: list[float] = []
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            act(len(durations) % FRAMES)
            durations.append(time.perf_counter() - start)
        return percentiles(durations, name)

    return run


def _case(size: str, int8: bool) -> Case:
    height, width = SIZES[size]
    name = f"robot {size}{' int8' if int8 else ''}"
    contenders = partial(ours, name, height, width, int8), partial(peer, name, height, width)
    return Case({f"{name} p50": "ms", f"{name} p99": "ms"}, PLAIN, *contenders)


ROBOT = {
    f"robot-{size}{'-int8' if int8 else ''}": _case(size, int8) for size in SIZES for int8 in (False, True)
}
