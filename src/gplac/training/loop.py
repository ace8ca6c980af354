"""Training (appendix 8.3): L_task alone for the first steps, then the complete objective."""

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from gplac.config import Preset, TrainConfig
from gplac.errors import UserError
from gplac.methods import METHODS, Method
from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.objectives.objective import Context, Labelled, Objective, Source, Weak
from gplac.provenance import provenance
from gplac.seeding import seed_of
from gplac.training.batches import LabelledBatches, LabelledFrames, WeakBatches, WeakFrames
from gplac.training.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint, write_json, write_weights
from gplac.training.device import best_device, mixed_precision
from gplac.training.logs import Display, Log
from gplac.training.optimiser import Average, adam, learning_rate

RUN_JSON = "run.json"
WEIGHTS = "weights.safetensors"
LOG_EVERY = 20
"""Optimiser steps between lines of the log."""
ENTROPY_IMAGES = 8
"""Images whose map entropy is logged."""

Validation = Callable[[Network, int], dict[str, float]]
"""Called at each checkpoint with the network in evaluation mode and the steps done; its numbers are logged."""


class Learner(nn.Module):
    """The network, and the modules that its objectives bring along."""

    def __init__(self, network: Network, objectives: Iterable[Objective]) -> None:
        super().__init__()
        self.network = network
        heads = {objective.name: objective.head(network) for objective in objectives}
        self.heads = nn.ModuleDict({name: head for name, head in heads.items() if head is not None})

    def loss(
        self,
        objectives: Iterable[Objective],
        labelled: tuple[Tensor, Tensor, Tensor] | None,
        weak: tuple[Tensor, Tensor] | None,
        progress: float,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the objectives on one step's batches, and each term by name.

        Both batches pass the encoder together, so that they share batch-norm statistics.
        """
        images = [batch[0] for batch in (labelled, weak) if batch is not None]
        features = self.network.encode(torch.cat(images)).split([len(part) for part in images])
        context = Context(
            network=self.network,
            progress=progress,
            labelled=None if labelled is None else Labelled(*labelled, features_BF=features[0]),
            weak=None if weak is None else Weak(*weak, features_BF=features[-1]),
            head=None,
            metrics={},
        )
        total = features[0].new_zeros((), dtype=torch.float32)
        for objective in objectives:
            head = self.heads[objective.name] if objective.name in self.heads else None
            term = objective.loss(replace(context, head=head))
            context.metrics[f"{objective.name}_loss"] = term.detach()
            assert objective.weight is not None
            total = total + objective.weight * term
        return total, context.metrics


def resolved(method: Method, preset: Preset) -> Method:
    """The method with the preset's `classification_weight` where an objective leaves its weight open."""
    weighted = tuple(
        replace(objective, weight=preset.classification_weight) if objective.weight is None else objective  # type: ignore[type-var]
        for objective in method.objectives
    )
    return method.but(objectives=weighted)


def active(method: Method, step: int, config: TrainConfig) -> tuple[Objective, ...]:
    """The objectives of optimiser step `step` (from 0): during the warm-up only those that take part in it."""
    return tuple(o for o in method.objectives if o.warmup or step >= config.warmup_steps)


def sources(objectives: Iterable[Objective]) -> frozenset[Source]:
    """The batches that some objectives need."""
    return frozenset[Source]().union(*(objective.reads for objective in objectives))


def fit(
    method: Method,
    preset: Preset,
    demonstrations: LabelledFrames,
    weak: WeakFrames | None,
    run_dir: Path,
    *,
    name: str = "custom",
    task: str = "",
    seed: int = 0,
    resume: bool = False,
    validation: Validation | None = None,
    device: torch.device | None = None,
) -> Network:
    """Train `method` on arrays in memory and leave a run in `run_dir`; returns the evaluated network.

    `run_dir` gets run.json, weights.safetensors (rewritten with each checkpoint), checkpoint.safetensors and .json,
    metrics.jsonl, tb/. With `resume` a stopped or killed run goes on, on the CPU to the very same weights.
    Raises `UserError` for data that does not fit the method, a loss that is not finite, or a directory in use;
    `KeyboardInterrupt` after saving a checkpoint, where it was stopped by hand.
    """
    device = device or best_device()
    method = resolved(method, preset)
    config = preset.training
    needs_weak = "weak" in sources(method.objectives)
    if needs_weak and weak is None:
        raise UserError(f"{name} learns from weakly labelled images, but none were given: name a directory of them")
    if (run_dir / CHECKPOINT).exists() and not resume:
        raise UserError(f"{run_dir} already holds a run: resume it, or choose another directory")
    run_dir.mkdir(parents=True, exist_ok=True)

    height, width = demonstrations.images.shape[1:3]
    if needs_weak and weak is not None and weak.images.shape[1:3] != (height, width):
        raise UserError(
            f"demonstrations are {width}x{height} pixels and weak images {weak.images.shape[2]}x{weak.images.shape[1]}: "
            "collect both at one size"
        )
    labelled_batches = LabelledBatches(demonstrations, config.labelled_batch, seed, device)
    weak_batches = WeakBatches(weak, config.weak_batch, seed, device) if needs_weak and weak is not None else None

    shape = {
        "height": int(height),
        "width": int(width),
        "state_size": int(demonstrations.states.shape[1]),
        "action_size": int(demonstrations.actions.shape[1]),
        "encoder": method.encoder,
        "classifier": method.classifies,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed_of("initial weights", seed))
        network = Network(preset.network, **shape)  # type: ignore[arg-type]
        learner = Learner(network, method.objectives)
    network.set_statistics(labelled_batches.states_NS.cpu(), labelled_batches.actions_NA.cpu())
    learner.to(device)
    optimiser = adam(learner, config)
    average = Average(network, config.average_decay) if config.average_decay else None

    run: dict[str, Any] = {
        "method": name,
        "task": task,
        "seed": seed,
        "preset": asdict(preset),
        "objectives": {objective.name: objective.weight for objective in method.objectives},
        "network": asdict(preset.network) | shape,
        "labelled_images": len(demonstrations.images),
        "weak_images": len(weak.images) if needs_weak and weak is not None else 0,
    }
    facts: dict[str, Any] = {"step": 0, "wall_s": 0.0, "images": 0, "run": run}
    if resume and (run_dir / CHECKPOINT).exists():
        facts = load_checkpoint(run_dir, learner, optimiser, average)
        if facts["run"] != _as_json(run):
            changed = sorted(key for key in run if facts["run"].get(key) != _as_json(run)[key])
            raise UserError(f"{run_dir} was trained with another {', '.join(changed)}: resume with the same settings")
    run["training"] = {"parameters": sum(p.numel() for p in network.parameters()), "finished": False}
    write_json(run_dir / RUN_JSON, run | {"provenance": provenance()})

    trainer = Trainer(learner, optimiser, average, method, config, labelled_batches, weak_batches, seed, device)
    trainer.run(run_dir, facts, validation, title=f"{name} seed {seed}")

    run["training"] |= {
        "finished": True,
        "steps": facts["step"],
        "wall_s": round(facts["wall_s"], 1),
        "images_per_s": round(facts["images"] / max(facts["wall_s"], 1e-9), 1),
    }
    write_json(run_dir / RUN_JSON, run | {"provenance": provenance()})
    network.load_state_dict(trainer.evaluated_weights())
    return network.eval()


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
    ) -> None:
        self.learner, self.optimiser, self.average = learner, optimiser, average
        self.method, self.config, self.seed, self.device = method, config, seed, device
        self.labelled, self.weak = labelled, weak
        self.parameters = [p for p in learner.parameters() if p.requires_grad]

    def evaluated_weights(self) -> dict[str, Tensor]:
        """The network's state, with the moving average, if there is one, in place of what it averages."""
        state: dict[str, Tensor] = self.learner.network.state_dict()
        return state | (self.average.values if self.average else {})

    def step(self, step: int) -> tuple[dict[str, Tensor], int]:
        """One optimiser step; returns its metrics, still on the device, and how many images it used."""
        objectives = active(self.method, step, self.config)
        needs = sources(objectives)
        labelled = self.labelled(step) if "labelled" in needs else None
        weak = self.weak(step) if self.weak is not None and "weak" in needs else None
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(step, self.config)
        torch.manual_seed(seed_of("dropout", self.seed, step))
        with mixed_precision(self.device):
            loss, metrics = self.learner.loss(objectives, labelled, weak, step / self.config.steps)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        metrics |= {"loss": loss.detach(), "gradient_norm": torch.nn.utils.get_total_norm(gradients)}
        self.optimiser.step()
        if self.average:
            self.average.update(step)
        return metrics, sum(len(batch[0]) for batch in (labelled, weak) if batch is not None)

    def run(self, run_dir: Path, facts: dict[str, Any], validation: Validation | None, title: str) -> None:
        """Steps from `facts["step"]` to the last, with logs and checkpoints; `facts` is kept up to date."""
        first, steps = facts["step"], self.config.steps
        log, display = Log(run_dir, first), Display(title, first, steps)
        window: list[dict[str, Tensor]] = []
        window_images, window_started = 0, time.monotonic()
        self.learner.train()
        try:
            with Interrupt() as interrupt, torch.random.fork_rng():
                for step in range(first, steps):
                    metrics, images = self.step(step)
                    window.append(metrics)
                    window_images += images
                    done = step + 1
                    saving = done % self.config.checkpoint_every == 0 or done == steps or interrupt.asked
                    if saving or done % LOG_EVERY == 0:
                        means = _means(window, done, run_dir)
                        elapsed = time.monotonic() - window_started
                        facts["step"], facts["images"] = done, facts["images"] + window_images
                        facts["wall_s"] += elapsed
                        means |= {
                            "images_per_s": window_images / elapsed,
                            "learning_rate": learning_rate(step, self.config),
                        } | self.entropy(step)
                        if saving:
                            means |= self.save(run_dir, facts, validation)
                        log.write(done, means)
                        display.update(done, means)
                        window, window_images, window_started = [], 0, time.monotonic()
                    if interrupt.asked:
                        raise KeyboardInterrupt(f"stopped after step {done}; resume {run_dir} to go on")
        finally:
            display.close()
            log.close()

    def save(self, run_dir: Path, facts: dict[str, Any], validation: Validation | None) -> dict[str, float]:
        """Write a checkpoint and the weights as they would be evaluated; validate them."""
        save_checkpoint(run_dir, self.learner, self.optimiser, self.average, facts)
        weights = self.evaluated_weights()
        write_weights(run_dir / WEIGHTS, weights)
        if validation is None:
            return {}
        network = self.learner.network
        trained = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(weights)
        network.eval()
        try:
            with torch.no_grad(), mixed_precision(self.device):
                return validation(network, facts["step"])
        finally:
            network.load_state_dict(trained)
            network.train()

    @torch.no_grad()
    def entropy(self, step: int) -> dict[str, float]:
        """How diffuse the attention is, as a share of a flat map's entropy, over some labelled images."""
        encoder = self.learner.network.encoder
        if not isinstance(encoder, AttentionEncoder):
            return {}
        encoder.eval()  # else these images would enter the batch-norm statistics
        with mixed_precision(self.device):
            entropy_BC = encoder.attention.entropy(encoder.map(self.labelled(step)[0][:ENTROPY_IMAGES]))
        encoder.train()
        flat = torch.tensor(float(encoder.map_height * encoder.map_width)).log()
        return {"map_entropy": float(entropy_BC.mean().cpu() / flat)}


class Interrupt:
    """While active, the first Ctrl-C only sets `asked`, so that no step is cut in two; the second one interrupts."""

    def __init__(self) -> None:
        self.asked = False
        self.previous: Any = None

    def __enter__(self) -> "Interrupt":
        try:
            self.previous = signal.signal(signal.SIGINT, self._ask)
        except ValueError:
            pass  # only the main thread may listen to signals
        return self

    def __exit__(self, *_: object) -> None:
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self.previous)


def _means(window: list[dict[str, Tensor]], done: int, run_dir: Path) -> dict[str, float]:
    """Each metric's mean over the steps that have it; `UserError` if one is not finite."""
    means = {}
    for name in dict.fromkeys(name for metrics in window for name in metrics):
        values = [metrics[name].float() for metrics in window if name in metrics]
        means[name] = float(torch.stack(values).mean())
        if means[name] - means[name] != 0:
            raise UserError(
                f"{name} is {means[name]} within the {len(window)} steps before step {done}: the last good checkpoint is "
                f"in {run_dir}; lower training.learning_rate (or the loss weights) and train again"
            )
    return means


def _as_json(value: Any) -> Any:
    """`value` as it comes back from a JSON file."""
    import json

    return json.loads(json.dumps(value))


def train(
    method_name: str,
    preset: Preset,
    demos_dir: Path,
    weak_dir: Path | None,
    run_dir: Path,
    task: str,
    seed: int = 0,
    resume: bool = False,
) -> None:
    """Train one of `gplac.methods.METHODS` on datasets on disk; see `fit`.

    Raises `UserError` for an unknown method, data of the wrong size or number of scenes, and whatever `fit` raises.
    """
    from gplac.data.dataset import Demonstrations, WeakImages

    if method_name not in METHODS:
        raise UserError(f"no method is called {method_name!r}: choose one of {', '.join(METHODS)}")
    method = METHODS[method_name]()
    demonstrations = Demonstrations.load(demos_dir)
    weak = WeakImages.load(weak_dir) if weak_dir is not None and method.weak_scenes else None
    size = (preset.data.height, preset.data.width)
    if demonstrations.images.shape[1:3] != size:
        raise UserError(
            f"{demos_dir} holds images of {demonstrations.images.shape[2]}x{demonstrations.images.shape[1]} pixels, preset "
            f"{preset.name} wants {size[1]}x{size[0]}: collect with the same preset"
        )
    wanted = min(method.labelled_scenes, preset.data.weak_scenes)
    found = len(set(demonstrations.scene.tolist()))
    if found != wanted:
        raise UserError(f"{method_name} learns from demonstrations of {wanted} scenes, {demos_dir} has {found}")
    fit(method, preset, demonstrations, weak, run_dir, name=method_name, task=task, seed=seed, resume=resume)
