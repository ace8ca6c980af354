"""Options that several verbs share, and the types of their arguments."""

import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from gplac import config, overrides
from gplac.data.manifest import Manifest, require_collected
from gplac.errors import UserError

Task = Annotated[Positional[str], arg(metavar="TASK")]
Folder = Annotated[Positional[Path], arg(metavar="FOLDER")]
Run = Annotated[Positional[Path], arg(metavar="RUN")]
OptionalPath = Annotated[Path | None, arg(metavar="PATH")]
OptionalFactor = Annotated[str | None, arg(metavar="FACTOR")]
OptionalInt = Annotated[int | None, arg(metavar="N")]
Split = Literal["labelled", "weak", "validation", "confirmation", "test"]
Preset = Literal["smoke", "demo", "lite", "paper"]
Level = Literal["standard", "wild"]
Renderer = Literal["classic", "filament"]


@dataclass(frozen=True)
class Size:
    """How large everything is."""

    preset: Preset = "lite"
    """Size of everything: seconds, minutes, under an hour a run, or the paper's own numbers."""
    set: Annotated[tuple[str, ...], arg(metavar="FIELD=VALUE ...")] = ()
    """Changes to the preset, such as training.steps=3000 network.temperature=4."""

    def settings(self, task: str, method: str = "") -> config.Preset:
        """The preset for a task and a method with its changes; a changed one says so in its name.

        Raises:
            UserError: a change that cannot be read, or more scenes to evaluate on than any split of the task has.
        """
        chosen = config.preset(self.preset, task, method)
        changed = self.changed(chosen)
        if (scenes := changed.evaluation.scenes) != chosen.evaluation.scenes:
            from gplac.worlds.splits import SPLITS, split_size

            # Confirmation scenes are asked for with --scenes; no preset is measured in them.
            most = max(split_size(task, split) for split in SPLITS if split != "confirmation")
            if not 1 <= scenes <= most:
                raise UserError(
                    f"evaluation.scenes is {scenes}, and the largest split of {task} but for confirmation has {most}:"
                    f" choose 1 to {most}."
                )
        return changed

    def changed(self, chosen: config.Preset) -> config.Preset:
        """A preset with the changes that were asked for."""
        return overrides.changed(chosen, self.set)

    def require_used(self, task: str, method: str) -> None:
        """Refuse a change that would only seem to be one.

        Raises:
            UserError: a changed field has no part in what the method learns.
        """
        from gplac.methods import method_named
        from gplac.training.described import idle

        # How often a training is saved changes nothing that is learned, and may be chosen all the same.
        for field in idle(method_named(method), config.preset(self.preset, task, method), self.set):
            if field != "training.checkpoint_every":
                raise UserError(f"{field} has no part in what {method} learns; leave it out of --set.")

    def data_folder(self, task: str) -> Path:
        """Where data of this size lie unless the user says otherwise."""
        changed = self.settings(task).data != config.preset(self.preset, task).data
        return Path("data") / (self.preset + config.CHANGED if changed else self.preset) / task

    def collected(self, task: str, name: str, what: str, option: str) -> Path:
        """The folder ``name`` in there, where ``gplac collect WHAT`` put it; ``option`` names another one.

        Raises:
            UserError: nothing was collected there; the message is the command that does. Or something else than that
                command would collect today.
        """
        from gplac.grid.data import require_same

        folder = self.data_folder(task) / name
        changes = [change for change in self.set if change.startswith("data.")]
        options = ["--preset", self.preset, *(["--set", *changes] if changes else [])]
        require_collected(folder, f"gplac collect {what} {shlex.join(options)}")
        Manifest.read(folder)  # a damaged one cannot be used as it is
        try:
            require_same(name, task, folder.parent, self.settings(task))
        except UserError as error:
            raise UserError(f"{error} To use it as it is, name it: {option} {folder}") from error
        return folder


@dataclass(frozen=True)
class Looks:
    """What is drawn, and by how many."""

    level: Level = "standard"
    """Difficulty of the looks."""
    assets: OptionalPath = None
    """Folder of your own textures and meshes, used instead of gplac's."""
    robot_model: OptionalPath = None
    """MJCF file of your own Sawyer, used instead of gplac's; mug push alone."""
    workers: int = 0
    """Processes that draw; 0: as many as suit this machine."""


@dataclass(frozen=True)
class Env:
    """A Gymnasium environment in place of scenes."""

    env: Annotated[str | None, arg(metavar="ID")] = None
    """Run it in this Gymnasium environment instead, such as gplac/Pusher-v0 or my_package:MyEnv-v0, --episodes in all
    (by default 10)."""
    env_arg: Annotated[tuple[str, ...], arg(metavar="NAME=VALUE ...")] = ()
    """Arguments for the environment, such as width=64 height=56."""
    image_key: Annotated[str | None, arg(metavar="KEY")] = None
    """Which entry of its observations is the picture, where that is not clear."""
    state_key: Annotated[str | None, arg(metavar="KEY")] = None
    """Which entry is the robot's state."""
    success_return: Annotated[float | None, arg(metavar="X")] = None
    """With --env, an episode succeeds if its rewards add up to this; by default its info has is_success or success."""
    seed: OptionalInt = None
    """With --env, of the first episode; the others' follow. By default 0."""


def named(options: Any) -> list[str]:
    """Those of a dataclass of options that the user gave a value of their own."""
    return [
        f"--{each.name.replace('_', '-')}"
        for each in fields(options)
        if getattr(options, each.name) != each.default
    ]


PATHS = ConstructorRegistry()
"""How `tyro` reads paths from the command line, while it is active."""


@PATHS.primitive_rule
def _path_rule(type_info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Path] | None:
    if type_info.type is not Path:
        return None
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="PATH",
        instance_from_str=lambda words: _path(words[0]),
        is_instance=lambda value: isinstance(value, Path),
        str_from_instance=lambda path: [str(path)],
    )


def _path(word: str) -> Path:
    """The empty word would be the current folder, which files of a script's unset variable are then strewn into."""
    if not word:
        raise UserError(
            "A path on the command line is empty: name a file or folder, or . for the current folder."
        )
    return Path(word)


Sized = Annotated[Size, arg(name="")]
Looking = Annotated[Looks, arg(name="")]
InEnv = Annotated[Env, arg(name="")]
