"""Verbs about policies of a user's own data."""

import json as json_module
from pathlib import Path
from typing import Any

from gplac.cli.options import Env, OptionalPath, Run
from gplac.errors import UserError

ENV_EPISODES = 10
"""Episodes in a Gymnasium environment unless the user says otherwise."""


def trust(run: Run, /, *, demos: OptionalPath = None, weak: OptionalPath = None) -> None:
    """Write again how far to trust a policy of your own data: RUN/trust.html, a page with all its pictures, and
    RUN/trust.json. Training writes them as well.

    Args:
        run: Folder of the run.
        demos: The demonstrations that it was trained on, if they have moved.
        weak: The photographs, if they have moved.
    """
    from gplac.api import trust

    page = trust(run, demos, weak)
    for advice in json_module.loads(page.with_suffix(".json").read_text())["advice"]:
        print(f"{advice['weight']}: {advice['sentence']}")
    print(f"The page is {page}.")


def evaluate_in_env(run: Path, env: Env, episodes: int | None, json: Path | None) -> None:
    """``gplac evaluate RUN --env ID``."""
    from gplac.env_runs import evaluate_in_env
    from gplac.evaluation.percent import percent

    assert env.env is not None
    found = evaluate_in_env(
        run,
        env.env,
        ENV_EPISODES if episodes is None else episodes,
        0 if env.seed is None else env.seed,
        arguments=dict(map(_argument, env.env_arg)),
        image=env.image_key,
        state=env.state_key,
        success_return=env.success_return,
        copy=json,
    )
    if found["successes"] is None:
        print(
            f"{found['episodes']} episodes in {env.env}, mean return {found['mean_return']:.4g}. Its info tells no"
            " success; --success-return X counts returns from X on."
        )
        return
    low, high = found["interval95"]
    print(
        f"{env.env}: {found['successes']} of {found['episodes']} episodes succeed,"
        f" {percent(found['success_rate'])} ({percent(low)} to {percent(high)}); mean return"
        f" {found['mean_return']:.4g}."
    )
    if found["success_told"] < found["episodes"]:
        print(
            f"Its info tells success in {found['success_told']} of the {found['episodes']} episodes; the others"
            " count as failures."
        )


def _argument(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value a number, true, false or null where it reads as one, else a string."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"--env-arg {text}: write NAME=VALUE, for instance --env-arg width=64.")
    try:
        return name, json_module.loads(value)
    except ValueError:
        return name, value
