"""The loop over optimiser steps, with logs and checkpoints."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gplac.config import TrainConfig
from gplac.errors import UserError
from gplac.methods import Method
from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.objectives.objective import Objective, Positions, sources
from gplac.seeding import seed_of
from gplac.signals import StopSignals
from gplac.training.batches import LENGTH, LabelledBatches, VideoBatches, WeakBatches
from gplac.training.checkpoint import CHECKPOINT, WEIGHTS, require_finite, save_checkpoint, write_weights
from gplac.training.device import keep_memory, mixed_precision
from gplac.training.learner import Learner
from gplac.training.logs import Display, Log
from gplac.training.optimiser import Average, learning_rate, policy_dropout
from gplac.training.recolour import Colours
from gplac.training.stages import TrainingStage, pictures, stages

LOG_EVERY = 20
"""Optimiser steps between lines of the log."""
MEASURED_STEPS = 5
"""First optimiser steps, whose rate, but for the first one's, tells how long the training will take."""
ENTROPY_IMAGES = 8
"""Images whose map entropy is logged."""

Validation = Callable[[Network, int], dict[str, float]]
"""Called at each checkpoint with the network in evaluation mode and the steps done; its numbers are logged."""


class Trainer:
    """One run's moving parts, and the loop over its steps."""

    def __init__(
        self,
        learner: Learner,
        optimiser: torch.optim.Optimizer,
        average: Average | None,
        method: Method,
        config: TrainConfig,
        labelled: LabelledBatches,
        weak: WeakBatches | None,
        seed: int,
        device: torch.device,
        video: VideoBatches | None = None,
    ) -> None:
        self.learner, self.optimiser, self.average = learner, optimiser, average
        self.stages, self.config, self.seed, self.device = stages(method, config), config, seed, device
        self.labelled, self.weak, self.video = labelled, weak, video
        self.colours = Colours(config.colour_jitter, seed, device)
        if device.type == "cpu":
            keep_memory()
        else:
            torch.backends.cudnn.benchmark = True  # batches keep their sizes: trying algorithms pays
        self.parameters = [p for p in learner.parameters() if p.requires_grad]

    def evaluated_weights(self) -> dict[str, Tensor]:
        """The network's state, with the moving average, if there is one, in place of what it averages."""
        state: dict[str, Tensor] = self.learner.network.state_dict()
        return state | (self.average.values if self.average else {})

    def stage(self, step: int) -> TrainingStage:
        """The stage that step `step` of the training belongs to."""
        return next(stage for stage in self.stages if step < stage.end)

    def key(self, step: int) -> int:
        """What a step's random draws depend on: its number in the main stage, negative before. So the main stage sees
        the same batches whether or not another came before it, and none of that one's again."""
        return step - self.stages[-1].first

    def step(self, step: int) -> tuple[dict[str, Tensor], int]:
        """One optimiser step; returns its metrics, still on the device, and how many images it used."""
        stage, key = self.stage(step), self.key(step)
        within = step - stage.first
        if within == 0:
            self.optimiser.state.clear()  # another loss: moments of the last one's gradients mean nothing to it
        objectives = stage.active(within)
        labelled, weak, video, positions = self.batches(objectives, key)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(within, stage.config)
        network = self.learner.network
        network.policy_head.dropout.p = policy_dropout(within, network.config.policy_dropout, stage.config)
        torch.manual_seed(seed_of("dropout", self.seed, key))
        with mixed_precision(self.device):
            warm = stage.config.warmup_steps
            progress = max(0, within - warm) / max(1, stage.config.steps - warm)
            loss, metrics = self.learner.loss(objectives, labelled, weak, progress, video, positions)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        metrics |= {"loss": loss.detach(), "gradient_norm": torch.nn.utils.get_total_norm(gradients)}
        self.optimiser.step()
        if self.average:
            self.average.update(within)
        images = sum(len(batch[0]) for batch in (labelled, weak) if batch is not None)
        return metrics, images + (0 if video is None else video.shape[0] * video.shape[1])

    def batches(
        self, objectives: Sequence[Objective], key: int
    ) -> tuple[
        tuple[Tensor, Tensor, Tensor] | None, tuple[Tensor, Tensor] | None, Tensor | None, Positions | None
    ]:
        """What terms read of labelled and weak images, of consecutive frames, and of where the object is."""
        needs = sources(objectives)
        labelled = self.labelled(key) if "labelled" in needs else None
        weak = self.weak(key) if self.weak is not None and "weak" in needs else None
        video = self.video(key) if self.video is not None and "video" in needs else None
        positions = None
        if "positions" in needs:
            of_weak = None if self.weak is None else self.weak.positions(key)
            positions = Positions(self.labelled.positions(key), of_weak)
        if self.config.colour_jitter:
            seen = (labelled and labelled[0], weak and weak[0], video)
            changed = iter(self.colours(key, [images for images in seen if images is not None]))
            labelled = labelled and (next(changed), *labelled[1:])
            weak = weak and (next(changed), *weak[1:])
            video = None if video is None else next(changed)
        return labelled, weak, video, positions

    def images_left(self, done: int) -> int:
        """Images that the steps after the first ``done`` will use."""
        batches = {"labelled": self.labelled, "weak": self.weak}
        sizes = {name: batch.size for name, batch in batches.items() if batch is not None}
        if self.video is not None:
            sizes["video"] = LENGTH * self.video.size
        return pictures(self.stages, sizes, done)

    def run(self, run_dir: Path, facts: dict[str, Any], validation: Validation | None, title: str) -> None:
        """Steps from `facts["step"]` to the last, with logs and checkpoints; `facts` is kept up to date."""
        first, ends = facts["step"], [stage.end for stage in self.stages]
        log, display = Log(run_dir, first), Display(title, first, ends[-1])
        window: list[dict[str, Tensor]] = []
        window_images, window_started, worked = 0, time.monotonic(), time.process_time()
        self.learner.train()
        try:
            with StopSignals() as signals, torch.random.fork_rng():
                for step in range(first, ends[-1]):
                    stage = self.stage(step)
                    metrics, images = self.step(step)
                    window.append(metrics)
                    window_images += images
                    done = step + 1
                    if done == first + 1:  # the first one prepares what the others have
                        counted, since = facts["images"] + window_images, self.now()
                    if done == first + MEASURED_STEPS:
                        seen = facts["images"] + window_images - counted
                        display.project(seen / (self.now() - since), self.images_left(done))
                    stopping = signals.asked
                    saving = done % self.config.checkpoint_every == 0 or done in ends or stopping
                    if saving or done % LOG_EVERY == 0:
                        means = _means(window)
                        if not all(map(math.isfinite, means.values())):
                            raise _diverged(*_first_not_finite(window, done), run_dir)
                        elapsed = time.monotonic() - window_started
                        facts["step"], facts["images"] = done, facts["images"] + window_images
                        facts["wall_s"] += elapsed
                        means |= {
                            "images_per_s": window_images / elapsed,
                            "learning_rate": learning_rate(step - stage.first, stage.config),
                        } | self.entropy(step)
                        if self.device.type == "cpu":
                            threads = torch.get_num_threads()
                            display.crowded((time.process_time() - worked) / elapsed / threads, threads)
                        if saving and validation is not None:
                            means |= self.validate(validation, done)
                        log.write(done, stage.name, means)
                        display.update(done, means, f", {stage.name}" if len(ends) > 1 else "")
                        if saving:  # the checkpoint last: what it stands for is complete
                            weights = self.evaluated_weights()
                            try:
                                require_finite(weights)
                            except ValueError as error:
                                raise _diverged(str(error), done, run_dir) from error
                            write_weights(run_dir / WEIGHTS, weights)
                            save_checkpoint(run_dir, self.learner, self.optimiser, self.average, facts)
                        window, window_images = [], 0
                        window_started, worked = time.monotonic(), time.process_time()
                    if stopping:
                        raise KeyboardInterrupt(
                            f"Step {done} is saved in {run_dir}: the same command goes on (gplac train: with --resume)."
                        )
        finally:
            display.close()
            log.close()

    def now(self) -> float:
        """The clock, seconds, once the device has done what it was asked to."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.monotonic()

    def validate(self, validation: Validation, step: int) -> dict[str, float]:
        """What `validation` says of the weights as they would be evaluated."""
        network = self.learner.network
        trained = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(self.evaluated_weights())
        network.eval()
        with torch.no_grad(), mixed_precision(self.device):
            metrics = validation(network, step)
        network.load_state_dict(trained)
        network.train()
        return metrics

    @torch.no_grad()
    def entropy(self, step: int) -> dict[str, float]:
        """How diffuse the attention is, as a share of a flat map's entropy, over some labelled images."""
        encoder = self.learner.network.encoder
        if not isinstance(encoder, AttentionEncoder):
            return {}
        encoder.eval()  # else these images would enter the batch-norm statistics
        with mixed_precision(self.device):
            entropy_BC = encoder.attention.entropy(
                encoder.map(self.labelled(self.key(step))[0][:ENTROPY_IMAGES])
            )
        encoder.train()
        flat = torch.tensor(float(encoder.map_height * encoder.map_width)).log()
        return {"map_entropy": float(entropy_BC.mean().cpu() / flat)}


def _means(window: list[dict[str, Tensor]]) -> dict[str, float]:
    """Each metric's mean over the steps that have it."""
    names = dict.fromkeys(name for metrics in window for name in metrics)
    values = {name: [metrics[name].float() for metrics in window if name in metrics] for name in names}
    return {name: float(torch.stack(values[name]).mean()) for name in names}


def _first_not_finite(window: Sequence[Mapping[str, Tensor]], last: int) -> tuple[str, int]:
    """Which metrics were not finite first in the steps up to the ``last``, and at which step."""
    for step, metrics in enumerate(window, last - len(window) + 1):
        wrong = {name: float(value) for name, value in metrics.items() if not bool(value.isfinite().all())}
        # The whole loss and the gradients follow from the terms.
        terms = {name: value for name, value in wrong.items() if name not in ("loss", "gradient_norm")}
        if wrong:
            return " and ".join(f"{name} is {value}" for name, value in (terms or wrong).items()), step
    return "a mean is not finite", last


def _diverged(said: str, step: int, run_dir: Path) -> UserError:
    """Raised before a checkpoint is written, so that the last one is good."""
    there = (run_dir / CHECKPOINT).exists()
    kept = f"the last good checkpoint is in {run_dir}" if there else "no checkpoint yet"
    return UserError(
        f"training diverged: {said} at step {step} ({kept}); lower the learning rate, or the weights of the losses"
    )
