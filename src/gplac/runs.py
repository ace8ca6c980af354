"""Trained runs, evaluated: where a policy made by `gplac.training` meets `gplac.evaluation`."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from gplac.config import CHANGED, PRESETS, preset
from gplac.data.dataset import Demonstrations
from gplac.data.manifest import MANIFEST, Manifest, require_collected
from gplac.errors import UserError
from gplac.evaluation.drawing import View
from gplac.evaluation.faults import fault
from gplac.evaluation.inspection import inspect
from gplac.evaluation.measure import RESULT, evaluation_folder, measure
from gplac.evaluation.own_robot import require_same
from gplac.evaluation.result import Result, Training, require_replaceable, write_json
from gplac.evaluation.rollout import Progress, require_possible
from gplac.files import claimed, require_writable
from gplac.methods import METHODS
from gplac.provenance import provenance
from gplac.scale.threads import one_thread
from gplac.training.checkpoint import RUN_JSON
from gplac.training.policy import Policy, load_policy
from gplac.worlds.registry import TASKS
from gplac.worlds.splits import split_size

INSPECTION = "inspection.json"
KEPT = "what is measured of a run is kept in its folder: make room there, or copy the run to where there is"
"""What helps where that cannot be written."""


@dataclass(frozen=True)
class Run:
    """A folder that `gplac train` wrote."""

    folder: Path
    facts: dict[str, Any]
    """Its run.json."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a finished run.

        Raises:
            UserError: there is none in ``folder``, it is not finished, or run.json is damaged.
        """
        try:
            facts = json.loads((folder / RUN_JSON).read_text())
            finished = facts["training"]["finished"]
        except FileNotFoundError as error:
            raise UserError(
                f"No run: {folder / RUN_JSON} does not exist; name a folder that `gplac train` wrote."
            ) from error
        except (ValueError, RecursionError, KeyError, TypeError, OSError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else error
            raise UserError(
                f"{folder / RUN_JSON} cannot be read as a run ({said}); restore it, or train again."
            ) from error
        if not finished:
            raise UserError(
                f"The run in {folder} is not finished; go on with: gplac train ... --resume --out {folder}"
            )
        if found := fault(facts, "run"):
            raise UserError(f"{folder / RUN_JSON} {found}; restore it, or train again.")
        return cls(folder, facts)

    @property
    def training(self) -> Training:
        """What a result tells of it."""
        facts = self.facts["training"]
        return Training(
            method=self.facts["method"],
            preset=self.facts["preset"]["name"],
            seed=self.facts["seed"],
            weak_images=self.facts["weak_images"],
            weak_scenes=self.facts.get("weak_scenes"),
            labelled_images=self.facts.get("labelled_images"),
            provenance=self.facts.get("provenance"),
            precision=facts.get("precision"),
            settings=self.facts.get("settings"),
            **{name: facts[name] for name in ("steps", "images_per_s", "wall_s", "parameters")},
        )

    def require_replaceable(self, path: Path, split: str, view: View) -> None:
        """See, before an evaluation, that its result can be written to ``path``, and replaces no other policy's, or one
        of other scenes.

        Raises:
            UserError: see `gplac.evaluation.result.require_replaceable`.
        """
        training = self.training
        same = ("method", "preset", "seed", "weak_images", "weak_scenes")
        require_replaceable(
            path,
            "result",
            task=self.facts["task"],
            **{name: getattr(training, name) for name in same},
            split=split,
            level=view.level,
            vary=view.vary,
            assets=view.assets and view.assets.name,
            robot_model=view.robot_model and view.robot_model.name,
        )

    @property
    def robot_model(self) -> tuple[Path, str] | None:
        """File of the user's own robot in its demonstrations, and its SHA-256; None: gplac's."""
        known = self.facts.get("robot_model")
        return None if known is None else (Path(known["path"]), str(known["sha256"]))

    def robot(self, named: Path | None = None) -> Path | None:
        """The user's own robot that its policy is looked at with: the one ``named``, else its demonstrations'.

        Raises:
            UserError: that of its demonstrations is gone, or another file by now.
        """
        if named is not None or self.robot_model is None:
            return named
        model, digest = self.robot_model
        require_same(model, digest, f"the run in {self.folder}", "name the file with --robot-model.")
        return model

    def view(
        self,
        level: str = "standard",
        assets: Path | None = None,
        vary: str | None = None,
        robot_model: Path | None = None,
    ) -> View:
        """What its policy sees: pictures of the size that it was trained on, by `robot`'s arm.

        Raises:
            UserError: its task is the user's own, which has no scenes.
        """
        if self.facts["task"] not in TASKS:
            raise UserError(
                f"The run in {self.folder} is of your own task, which has no scenes here: gplac trust {self.folder}"
                f" tells how far to trust it, and gplac evaluate {self.folder} --env ID evaluates it in a Gymnasium"
                " environment."
            )
        network = self.facts["network"]
        size = network["width"], network["height"]
        return View(self.facts["task"], *size, level, assets, vary, self.robot(robot_model))

    def policy(self) -> Policy:
        """Its trained policy."""
        return load_policy(self.folder)

    def weights_id(self) -> str:
        """Tells its weights from all others."""
        return hashlib.sha256((self.folder / "weights.safetensors").read_bytes()).hexdigest()


def evaluate_run(
    folder: Path,
    split: str,
    scenes: int | None = None,
    episodes: int | None = None,
    *,
    copy: Path | None = None,
    level: str = "standard",
    assets: Path | None = None,
    vary: str | None = None,
    robot_model: Path | None = None,
    workers: int | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> Result:
    """Evaluate the policy of a run, with its controls; the result and the episodes stay in the run's folder.

    Args:
        folder: of the run.
        split: scenes of which split.
        scenes: how many; by default the preset's number, or all that the split has.
        episodes: how many in each; by default the preset's number.
        copy: JSON file to write the result to as well.
        level: difficulty of the looks.
        assets: folder of the user's own textures and meshes.
        vary: the one factor in which scenes differ from the labelled one; see `gplac.worlds.splits.factors`.
        robot_model: see `gplac.worlds.registry.task`; by default the one in its demonstrations.
        workers: processes that draw; by default as many as suit this machine.
        progress: makes the callback for each part of the evaluation from its name.

    Raises:
        UserError: no finished run, unknown split or factor, too many scenes, a robot of its demonstrations that is gone
            or another by now, a policy that fails, a folder or copy that cannot be written to, or another process that
            evaluates it there.
    """
    run = Run.open(folder)
    sizes = run.facts["preset"]["evaluation"]
    view = run.view(level, assets, vary, robot_model)
    if copy is not None:
        run.require_replaceable(copy, split, view)
    scenes = min(sizes["scenes"], split_size(view.task, split)) if scenes is None else scenes
    episodes = sizes["episodes"] if episodes is None else episodes
    require_possible(view, split, scenes, episodes, workers)
    kept = evaluation_folder(folder, view, split)
    require_writable(kept / RESULT, KEPT)
    policy, weights = run.policy(), run.weights_id()
    # Every core draws: threads of one network that wait for each other between them take ten times as long.
    with one_thread(), claimed(kept, kept, "evaluating into"):
        found = measure(
            policy,
            view,
            split,
            scenes,
            episodes,
            replace(run.training, weights_sha256=weights),
            provenance(),
            kept,
            policy_id=f"{weights}, {policy.arithmetic}",
            workers=workers,
            progress=progress,
        )
    if copy is not None:
        write_json(found, "result", copy)
    return found


def inspect_run(
    folder: Path,
    demonstrations: Path | None = None,
    split: str = "validation",
    scenes: int | None = None,
    *,
    level: str = "standard",
    assets: Path | None = None,
    robot_model: Path | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> dict[str, Any]:
    """Look into the policy of a run with every instrument; what they say stays in the run's folder.

    Args:
        folder: of the run.
        demonstrations: folder of demonstrations of the labelled scene; by default those that it was trained on, or
            where its preset has them.
        split: whose scenes are the unseen ones.
        scenes: how many; by default all of the split.
        level: difficulty of the looks.
        assets: folder of the user's own textures and meshes.
        robot_model: see `gplac.worlds.registry.task`; by default the one in its demonstrations.
        progress: makes the callback for each part of the drawing from its name.

    Raises:
        UserError: no finished run, no demonstrations of its task, unknown split, too many scenes, a robot of its
            demonstrations that is gone, another by now, or not known to the run, or a folder that cannot be written to.
    """
    run = Run.open(folder)
    view = run.view(level, assets, robot_model=robot_model)
    most = split_size(view.task, split)
    count = most if scenes is None else scenes
    if not 1 <= count <= most:
        raise UserError(
            f"The {split} split has {most} scenes, and {count} were asked for; ask for 1 to {most}."
        )
    demonstrations = labelled_demonstrations(run) if demonstrations is None else demonstrations
    frames = Demonstrations.load(demonstrations, view.task)
    if view.robot_model is None and (theirs := Manifest.read(demonstrations).robot_model):
        raise UserError(
            f"{demonstrations} shows a robot of your own, of which the run in {folder} knows nothing; name it with:"
            f" --robot-model {theirs['path']}"
        )
    path = evaluation_folder(folder, view, split) / INSPECTION
    require_writable(path, KEPT)
    training = replace(run.training, weights_sha256=run.weights_id())
    found = inspect(run.policy(), view, split, count, frames, training, provenance(), progress)
    write_json(found, "inspection", path)
    return found


def labelled_demonstrations(run: Run) -> Path:
    """Where the demonstrations of the labelled scene lie that a run was trained on.

    Raises:
        UserError: they do not lie there, or others do.
    """
    task, known = run.facts["task"], run.facts["preset"]
    base = known["name"].removesuffix(CHANGED)
    if "folders" in run.facts or base not in PRESETS:  # data of the user's own
        folder = Path(run.facts.get("folders", {}).get("demonstrations", ""))
        if not (folder / MANIFEST).exists():
            raise UserError(
                f"The demonstrations of the run in {run.folder} are not where they were: name them with --demos FOLDER."
            )
    else:
        usual = asdict(preset(base, task).data) if base != known["name"] else {}
        had = known.get("data", {})  # which older runs have less in
        changes = [f"data.{name}={value}" for name, value in had.items() if usual.get(name, value) != value]
        folder = Path("data") / (known["name"] if changes else base) / task / "demos-1"
        told = f" --set {' '.join(changes)}" if changes else ""
        require_collected(folder, f"gplac collect demos {task} --preset {base}{told}")
    trained_on = run.facts.get("data", {}).get("demonstrations")
    several = run.facts["method"] in METHODS and METHODS[run.facts["method"]]().labelled_scenes > 1
    if trained_on is not None and not several and Manifest.read(folder).checksum != trained_on:
        raise UserError(
            f"The run in {run.folder} was not trained on the demonstrations in {folder}: their checksums differ; name"
            " its own, or those to look at in their place, with --demos FOLDER."
        )
    return folder
