"""``gplac VERB``: each verb calls one function of one room. Rooms are imported by the verb that needs them, so that
help is quick and `gplac doctor` works where nothing else does."""

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional, arg
from tyro.extras import SubcommandApp

from gplac import config
from gplac.errors import UserError

app, expert, collect, data = SubcommandApp(), SubcommandApp(), SubcommandApp(), SubcommandApp()

PresetName = Literal["smoke", "lite", "paper"]
Split = Literal["labelled", "weak", "validation", "test"]
Level = Literal["standard", "wild"]


@app.command
def doctor(*, quiet: bool = False) -> None:
    """What this machine offers (drawing without a screen, processor, GPU, versions, disk) and what to do about it.

    Ends with 1 if something that gplac needs is missing.

    Args:
        quiet: Print only what is missing.
    """
    from gplac.doctor import examine

    findings = [finding for finding in examine() if not (quiet and finding.ok)]
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'BAD '} {finding.subject}: {finding.value}")
        if finding.advice:
            print(f"     {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


@app.command
def demo(*, preset: PresetName = "lite", out: Path = Path("demo"), seed: int = 0) -> None:
    """The whole story: collect data, train GPLAC and ATT-1, evaluate both in unseen scenes, write a report.

    Args:
        preset: Size of everything.
        out: Folder to write into; what is already there is gone on with.
        seed: Of data and training.
    """
    from gplac.demo import demo

    demo(_preset(preset), out, seed)


def _preset(name: str, changes: Sequence[str] = ()) -> config.Preset:
    """The preset, with changes such as ``training.steps=3000``; a changed one says so in its name."""
    chosen = config.preset(name)
    if not changes:
        return chosen
    arguments = []
    for change in changes:
        field, equals, value = change.partition("=")
        if not equals or field == "name":
            raise UserError(f"--set {change}: write FIELD=VALUE, for instance --set training.steps=3000.")
        arguments += [f"--{field}", *value.split(",")]
    arguments += ["--name", f"{name}-changed"]
    return tyro.cli(
        config.Preset, default=chosen, args=arguments, prog="--set", config=(tyro.conf.FlagConversionOff,)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: the user's mistakes end in one sentence and status 2, Ctrl-C in status 130."""
    try:
        app.cli(
            prog="gplac",
            description="Visuomotor policies that work in new places, from demonstrations of one place and weakly "
            "labelled photographs.",
            args=arguments,
        )
    except UserError as error:
        _give_up(str(error))
    except KeyboardInterrupt as stop:
        print(f"gplac: stopped. {stop}".rstrip(), file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output went away (`gplac ... | head`); nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        # A path that the user named, or a full disk; anything else is a defect and shows its traceback.
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        _give_up(f"{error.filename or 'The disk'}: {error.strerror}.")


def _give_up(sentence: str) -> None:
    print(f"gplac: {' '.join(sentence.split())}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
