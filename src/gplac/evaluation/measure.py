"""A policy's episodes and its two controls, as one result in one folder."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gplac.evaluation.drawing import View
from gplac.evaluation.policies import Policy
from gplac.evaluation.result import Result, Training, result, write_json
from gplac.evaluation.rollout import Progress, evaluate

EPISODES, BLANK, LABELLED = "episodes", "blank", "labelled"
CONTROL_EPISODES = 100
"""Most episodes of a control: its question is answered by far fewer than decide between methods."""
RESULT = "result.json"


def evaluation_folder(run: Path, view: View, split: str) -> Path:
    """Where a run keeps its evaluation in a split: ``RUN/evaluation/test``; ``test-wild`` for other looks,
    ``test-only-mug`` where one factor varies, ``test-assets-NAME`` and ``test-robot-NAME`` for the user's own."""
    others = [view.level] if view.level != "standard" else []
    others += [f"assets-{view.assets.name}"] if view.assets is not None else []
    others += [f"only-{view.vary}"] if view.vary is not None else []
    others += [f"robot-{view.robot_model.stem}"] if view.robot_model is not None else []
    return run / "evaluation" / "-".join([split, *others])


def measure(
    policy: Policy,
    view: View,
    split: str,
    scenes: int,
    episodes: int,
    training: Training,
    provenance: Mapping[str, Any],
    folder: Path,
    *,
    policy_id: str,
    workers: int | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> Result:
    """Evaluate ``policy`` and leave the result, and the episodes behind it, in ``folder``.

    Two controls, of at most `CONTROL_EPISODES`, catch policies that ignore what they see: the same episodes with grey
    pictures (it should fail), and episodes in the labelled scene itself (it should succeed). Where one factor varies
    they would only repeat themselves, and are left out. A killed call resumes.

    Args:
        policy: see `gplac.evaluation.policies.Policy`.
        view: task, image size and looks.
        split: where it is evaluated.
        scenes: how many scenes of the split.
        episodes: how many in each scene.
        training: where the policy comes from.
        provenance: command, revision, versions, hardware, date.
        folder: see `evaluation_folder`.
        policy_id: a checksum of the policy's weights, and what computes with them.
        workers: processes that draw; by default one more than there are cores.
        progress: makes the callback for each of the three parts from its name.

    Raises:
        UserError: see `gplac.evaluation.rollout.evaluate`.
    """

    def part(name: str, split: str, scenes: int, episodes: int, view: View, blank: bool = False) -> Any:
        told = progress(name) if progress is not None else None
        return evaluate(
            policy, view, split, scenes, episodes,
            blank=blank, workers=workers, cache=folder / name, policy_id=policy_id, progress=told,
        )  # fmt: skip

    found = part(EPISODES, split, scenes, episodes, view)
    # The labelled scene is the one trained on: standard looks, whatever the policy is tested in.
    known = View(view.task, view.width, view.height, robot_model=view.robot_model)
    blind = min(scenes, max(1, CONTROL_EPISODES // episodes))
    controls = {}
    if view.vary is None:
        controls[BLANK] = part(BLANK, split, blind, min(episodes, CONTROL_EPISODES), view, blank=True)
        controls[LABELLED] = part(LABELLED, LABELLED, 1, min(scenes * episodes, CONTROL_EPISODES), known)
    document = result(view, found, controls, training, provenance)
    write_json(document, "result", folder / RESULT)
    return document
