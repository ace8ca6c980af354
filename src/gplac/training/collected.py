"""What data a training really had, where they are not the preset's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gplac.config import CHANGED, Preset
from gplac.data.manifest import Request


def as_collected(preset: Preset, asked: Mapping[str, Request]) -> Preset:
    """The preset with the numbers, noise and looks that data sets were collected with; called changed if these are not
    its own, so that no result of other data passes for one of the preset.

    Args:
        preset: the settings of a training.
        asked: what was asked for when each of its data sets was collected, "demonstrations" and "weak" by name.
    """
    found: dict[str, Any] = {}
    demonstrations, weak = asked["demonstrations"], asked.get("weak")
    count = "demonstrations" if len(demonstrations.scenes) == 1 else "demonstrations_per_scene"
    found |= {count: demonstrations.per_scene}
    found |= {name: getattr(demonstrations, name) for name in ("action_noise", "noise_time_s")}
    if weak is not None:
        found |= {"weak_per_scene": weak.per_scene, "weak_scenes": len(weak.scenes)}
    data = replace(preset.data, **found)
    usual = all(
        (each.level, each.assets, each.renderer) == ("standard", None, "classic") for each in asked.values()
    )
    if usual and data == preset.data:
        return preset
    return replace(preset, data=data, name=preset.name.removesuffix(CHANGED) + CHANGED)
