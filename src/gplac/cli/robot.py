"""Verbs about robots: export a policy, run it, serve it to another machine."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath, Run

PolicyFile = Annotated[Positional[Path], arg(metavar="POLICY.onnx")]


def export(run: Run, /, *, out: OptionalPath = None, demos: OptionalPath = None, int8: bool = False) -> None:
    """Write a trained policy as one ONNX file that runs without PyTorch. It is checked against PyTorch first.

    Args:
        run: Folder of the run.
        out: File to write; by default RUN/policy.onnx, or RUN/policy-int8.onnx.
        demos: Folder of the demonstrations that it was trained on: tells the alarm what the policy knows.
        int8: Quantise the convolutions to 8 bits; needs --demos. Prints what that costs in exactness.
    """
    from gplac.training.export import export_run

    path, card, error = export_run(
        run, out or run / ("policy-int8.onnx" if int8 else "policy.onnx"), demos, int8
    )
    print(
        f"{path}: {card.method}, {card.width}x{card.height} pixels, {card.state_size} numbers of state, "
        f"{card.action_size} of action, {card.precision}, {path.stat().st_size / 1e6:.1f} MB."
    )
    print(
        f"Its actions differ from PyTorch's by {error.largest:.2g} standard deviations at most, {error.mean:.2g} on "
        "average."
    )
    if card.familiar is None:
        print("It has no statistics for the alarm; --demos FOLDER adds them.")
