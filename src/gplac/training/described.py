"""What a policy is trained with, in a form that can be written down and compared with what it would be today."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

import numpy as np
import torch

from gplac import overrides
from gplac.config import Preset
from gplac.methods import Method
from gplac.objectives.domain_confusion import DomainConfusion
from gplac.objectives.objective import Objective
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


def otherwise(objectives: Iterable[Objective]) -> dict[str, dict[str, Any]]:
    """What terms have otherwise than their classes say, beside name and weight: by term and field. Terms without are
    left out, so that what is from before this was recorded still compares."""
    found: dict[str, dict[str, Any]] = {}
    for term in objectives:
        assert is_dataclass(term)
        other = {
            field.name: _plain(getattr(term, field.name))
            for field in fields(term)
            if field.name not in ("name", "weight")
            and _plain(getattr(term, field.name)) != _plain(field.default)
        }
        if other:
            found[term.name] = other
    return found


def _plain(value: Any) -> Any:
    """As JSON has it, the same in every process."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [*map(_plain, value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, np.ndarray | torch.Tensor):
        content = np.ascontiguousarray(np.asarray(value))
        return f"{content.dtype}{content.shape} {hashlib.sha256(content.tobytes()).hexdigest()[:16]}"
    return repr(value)


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
    for stage, objectives in (("objectives", method.objectives), ("pretrain", method.pretrain)):
        if terms := otherwise(objectives):
            found[f"{stage}_otherwise"] = terms
    text = json.dumps(found, sort_keys=True)
    return dict(json.loads(text)) | {HASH: hashlib.sha256(text.encode()).hexdigest()[:16]}


def idle(method: Method, base: Preset, changes: Sequence[str]) -> list[str]:
    """Fields of the changes to a preset that change it, and have no part in what the method learns.

    Args:
        method: what would be trained.
        base: the preset without the changes.
        changes: as ``--set`` takes them.

    Raises:
        UserError: one that cannot be read.
    """
    settings, found = overrides.changed(base, changes), []
    for place, change in enumerate(changes):
        without = overrides.changed(base, [*changes[:place], *changes[place + 1 :]])
        alike = replace(settings, name=without.name) == without  # what the preset has
        if not alike and described(method, settings)[HASH] == described(method, without)[HASH]:
            found.append(overrides.field_of(change))
    return found
