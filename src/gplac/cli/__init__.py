"""``gplac VERB``: each verb calls one function of one room. Rooms are imported by the verb that needs them, so that
help is quick and `gplac doctor` works where nothing else does."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

import tyro
from tyro.extras import SubcommandApp

from gplac import plugins
from gplac.cli import check, label, looks, own, own_training, policies, robot, share, tables, trials, worlds
from gplac.cli import grid as grids
from gplac.cli.options import PATHS
from gplac.errors import UserError
from gplac.files import disk_complaint
from gplac.provenance import versions

app, expert, collect, data, own_data, grid, on_robot = (SubcommandApp() for _ in range(7))

app.command(worlds.doctor)
app.command(worlds.scenes)
app.command(worlds.view)
app.command(looks.figures)
app.command(looks.breadth)
app.command(expert, name="expert", help="The expert that demonstrates.")
expert.command(name="train")(worlds.expert_train)
expert.command(name="evaluate")(worlds.expert_evaluate)
app.command(collect, name="collect", help="Demonstrations and weakly labelled images.")
collect.command(name="demos")(worlds.collect_demos)
collect.command(name="weak")(worlds.collect_weak_images)
app.command(label.label)
app.command(own_data, name="import", help="Demonstrations and photographs of your own.")
own_data.command(name="demos")(own.import_demos)
own_data.command(name="weak")(own.import_weak)
app.command(data, name="data", help="Data sets on disk.")
data.command(name="check")(check.data_check)
data.command(name="show")(worlds.data_show)
app.command(own.export)
app.command(policies.train)
app.command(own_training.trust)
app.command(policies.evaluate)
app.command(policies.inspect)
app.command(policies.compare)
app.command(policies.report)
app.command(policies.demo)
app.command(grid, name="grid", help="Many cells of a recipe, such as a table of the paper.")
grid.command(name="run")(grids.grid_run)
grid.command(name="status")(grids.grid_status)
app.command(tables.table)
app.command(on_robot, name="robot", help="Policies on robots: one file, without PyTorch.")
on_robot.command(robot.export)
on_robot.command(robot.run)
on_robot.command(trials.trials)
on_robot.command(robot.serve)
app.command(share.card)
app.command(share.push)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; see `mistakes_told`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        print(f"gplac {versions()['gplac']}")
        return
    if len(words) > 1 and words[0] == "grid" and words[1].endswith(".py"):
        words.insert(1, "run")  # `gplac grid RECIPE` measures the recipe
    with mistakes_told("gplac"), PATHS:
        _require_once(words)
        plugins.load()
        app.cli(
            prog="gplac",
            description="Visuomotor policies that work in new places, from demonstrations of one place and weakly "
            "labelled photographs. `gplac --version` tells which this is.",
            args=words,
            config=(tyro.conf.FlagCreatePairsOff,),
        )


@contextlib.contextmanager
def mistakes_told(name: str, stopped: str = "") -> Iterator[None]:
    """What a program's `main` runs in: the user's mistakes end in one sentence and status 2, Ctrl-C and SIGTERM in
    status 130.

    Args:
        name: of the program; begins the sentence.
        stopped: what to say of a stop in place of what it says itself.
    """
    try:
        with termination_interrupts():
            yield
    except UserError as error:
        _give_up(name, str(error))
    except KeyboardInterrupt as stop:
        print(f"{name}: stopped. {stopped or stop}".rstrip(), file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output went away (`gplac ... | head`); nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except ModuleNotFoundError as error:  # where gplac was installed without what other commands need
        package = (error.name or "").split(".")[0]
        if package in ("", "gplac"):
            raise
        _give_up(
            name, f"This needs the package {package}, which is not installed here: pip install {package}"
        )
    except OSError as error:
        if (said := disk_complaint(error)) is None:
            raise
        _give_up(name, said)


@contextlib.contextmanager
def termination_interrupts() -> Iterator[None]:
    """While it is entered, SIGTERM, which schedulers and `timeout` send, interrupts as Ctrl-C does."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    ):
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _require_once(words: Sequence[str]) -> None:
    """Refuse an option that is named twice, of which only the last would count.

    Raises:
        UserError: there is one.
    """
    options = [word.partition("=")[0].replace("_", "-") for word in words if word.startswith("--")]
    for option in options:
        if options.count(option) > 1:
            raise UserError(
                f"{option} is named twice, and only the last one would count: name it once, with all its values after"
                f" it ({option} A B)."
            )


def _give_up(name: str, sentence: str) -> None:
    print(f"{name}: {' '.join(sentence.split())}", file=sys.stderr)
    raise SystemExit(2)
