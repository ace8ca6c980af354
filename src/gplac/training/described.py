"""What a policy is trained with, in a form that can be written down and compared with what it would be today."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from gplac.config import Preset
from gplac.methods import Method
from gplac.objectives.domain_confusion import DomainConfusion
from gplac.training.learner import resolved

HASH = "hash"
OPTIONAL = ("weak_budget", "scene_budget", "colour_jitter", "finetune_learning_rate")
"""Settings of training that stand for nothing at 0 and are left out then, so that what is from before there were any
still compares. New ones belong here."""


def used(method: Method, preset: Preset) -> dict[str, Any]:
    """A preset without the settings that have no part in a method's training.

    Args:
        method: its weights resolved (`gplac.training.learner.resolved`).
        preset: the settings.
    """
    found = asdict(preset)
    training = found["training"]
    if not method.pretrain:
        del training["pretrain_steps"], training["finetune_learning_rate"]
    for name in OPTIONAL:
        if not training.get(name, True):
            del training[name]
    if DomainConfusion.name not in {objective.name for objective in method.objectives}:
        del found["domain_weight"]
    return found


def described(method: Method, preset: Preset) -> dict[str, Any]:
    """A method's definition and its settings as JSON has them, with a hash that tells them from all others.

    Names are left out, and what changes no number.
    """
    method = resolved(method, preset)
    settings = used(method, preset)
    for name in ("name", "classification_weight", "domain_weight"):  # weights are told with the objectives
        settings.pop(name, None)
    del settings["training"]["checkpoint_every"]
    if jitter := preset.training.colour_jitter or method.colour_jitter:
        settings["training"]["colour_jitter"] = jitter
    found = {
        "encoder": method.encoder,
        "labelled_scenes": method.labelled_scenes,
        "weak_scenes": method.weak_scenes,
        "objectives": {objective.name: objective.weight for objective in method.objectives},
        "pretrain": {objective.name: objective.weight for objective in method.pretrain},
        **settings,
    }
    text = json.dumps(found, sort_keys=True)
    return dict(json.loads(text)) | {HASH: hashlib.sha256(text.encode()).hexdigest()[:16]}
