"""What a training starts from: settings and data that fit each other, and a network with all that trains it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import torch

from gplac.config import Preset
from gplac.errors import UserError
from gplac.methods import Method
from gplac.models.network import Network
from gplac.seeding import seed_of
from gplac.training.batches import (
    LabelledBatches,
    LabelledFrames,
    VideoBatches,
    WeakBatches,
    WeakFrames,
    normalised_positions,
)
from gplac.training.described import otherwise, used
from gplac.training.learner import Learner, resolved
from gplac.training.optimiser import Average, adam
from gplac.training.settings import check_memory, check_settings
from gplac.training.stages import stages
from gplac.training.trainer import Trainer


@dataclass(frozen=True)
class Setup:
    """What is trained, on what, with which settings; see `gplac.training.loop.fit`."""

    method: Method
    preset: Preset
    demonstrations: LabelledFrames
    weak: WeakFrames | None
    """None also of a method that reads none, once it is `agreed`."""
    name: str
    task: str
    seed: int

    def agreed(self) -> Self:
        """The same with everything chosen that the method leaves to the settings.

        Raises:
            UserError: settings that make no sense, or data that does not fit them.
        """
        method, weak, training = resolved(self.method, self.preset), self.weak, self.preset.training
        check_settings(self.preset, "weak" in method.reads)
        stages(method, training)
        for terms in (method.objectives, method.pretrain):
            require_names([term.name for term in terms])
        if self.seed < 0:
            raise UserError(f"seed is {self.seed}: choose 0 or more")
        training = replace(training, colour_jitter=training.colour_jitter or method.colour_jitter)
        chosen = replace(self, method=method, preset=replace(self.preset, training=training))
        if "weak" not in method.reads:
            return replace(chosen, weak=None)
        if weak is None:
            raise UserError(f"{self.name} learns from weakly labelled images: name a folder of them (--weak)")
        if weak.images.shape[1:3] != self.demonstrations.images.shape[1:3]:
            raise UserError(
                f"demonstrations are {pixels(self.demonstrations)}, weak images {pixels(weak)}: collect one size"
            )
        if training.weak_budget not in (0, len(weak.images)):
            raise UserError(
                f"training.weak_budget is {training.weak_budget}, and there are {len(weak.images)} weak images: "
                "choose as many with gplac.data.budget.chosen"
            )
        if training.scene_budget and training.scene_budget < len(np.unique(weak.scene)):
            raise UserError(
                f"training.scene_budget is {training.scene_budget}, and the weak images are of "
                f"{len(np.unique(weak.scene))} scenes: choose as many with gplac.data.budget.chosen"
            )
        return chosen

    def shape(self) -> dict[str, Any]:
        """What a network is built from, beside its configuration."""
        images = self.demonstrations.images
        return {
            "height": int(images.shape[1]),
            "width": int(images.shape[2]),
            "state_size": int(self.demonstrations.states.shape[1]),
            "action_size": int(self.demonstrations.actions.shape[1]),
            "encoder": self.method.encoder,
            "classifier": self.method.classifies,
        }

    def facts(self) -> dict[str, Any]:
        """What ``run.json`` tells of it, and must be the same when the training is resumed."""
        method, preset, weak = self.method, self.preset, self.weak
        run: dict[str, Any] = {
            "method": self.name,
            "task": self.task,
            "seed": self.seed,
            "preset": used(method, preset),
            "objectives": {objective.name: objective.weight for objective in method.objectives},
            "network": asdict(preset.network) | self.shape(),
            "labelled_images": len(self.demonstrations.images),
            "weak_images": 0 if weak is None else len(weak.images),
        }
        if method.pretrain:
            run["pretrain_objectives"] = {objective.name: objective.weight for objective in method.pretrain}
        for stage, objectives in (("objectives", method.objectives), ("pretrain", method.pretrain)):
            if terms := otherwise(objectives):
                run[f"{stage}_otherwise"] = terms
        if preset.training.scene_budget and weak is not None:
            run["weak_scenes"] = len(np.unique(weak.scene))
        return run

    def trainer(self, device: torch.device) -> Trainer:
        """A network at its start, and all that trains it, on the device.

        Raises:
            UserError: it would need more memory than there is, or positions of objects that nobody knows.
        """
        method, config, demonstrations, weak = (
            self.method,
            self.preset.training,
            self.demonstrations,
            self.weak,
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed_of("initial weights", self.seed))
            network = Network(self.preset.network, **self.shape())
            learner = Learner(network, method.pretrain + method.objectives)
        pictures = demonstrations.images.nbytes + (0 if weak is None else weak.images.nbytes)
        check_memory(self.preset, method, network, device, pictures)
        told, weak_told = None, None
        if "positions" in method.reads:
            told, weak_told = normalised_positions(demonstrations, weak, self.name)
        labelled_batches = LabelledBatches(demonstrations, config.labelled_batch, self.seed, device, told)
        weak_batches = None
        if weak is not None:
            told_apart = "labels" in method.reads
            weak_batches = WeakBatches(
                weak, config.weak_batch, self.seed, device, weak_told, classified=told_apart
            )
        video_batches = None
        if "video" in method.reads:
            order = demonstrations.episode, demonstrations.frame
            video_batches = VideoBatches(
                labelled_batches.images_NHW3, *order, config.labelled_batch, self.seed
            )
        network.set_statistics(labelled_batches.states_NS.cpu(), labelled_batches.actions_NA.cpu())
        learner.to(device)
        average = Average(network, config.average_decay) if config.average_decay else None
        return Trainer(
            learner,
            adam(learner, config),
            average,
            method,
            config,
            labelled_batches,
            weak_batches,
            self.seed,
            device,
            video_batches,
        )


def require_names(names: Sequence[str]) -> None:
    """See that terms of one stage's loss can be told from each other in logs and among heads, which go by their names.

    Raises:
        UserError: two have one name, or one cannot be a name.
    """
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two terms of the loss are called {name}: name them apart")
        if not name or "." in name:
            raise UserError(f"a term of the loss is called {name!r}: give it a name without a dot")


def pixels(frames: LabelledFrames | WeakFrames) -> str:
    """Size of the pictures, in words."""
    return f"{frames.images.shape[2]}x{frames.images.shape[1]} pixels"
