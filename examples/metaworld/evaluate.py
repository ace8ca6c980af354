"""Run exported policies in Meta-World, in the look they were recorded in and in others, from the same states.

Needs only few of gplac's packages: NumPy, ONNX, ONNX Runtime and Pillow. A file of trials that is there already is gone
on with, and what it has is not done again: take another name for another policy.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import stage
from options import count, size
from trials import Trials

from gplac.errors import UserError
from gplac.evaluation.statistics import wilson
from gplac.robot import Policy


def episode(env, place, decide):
    """Whether the button was pressed, and how far from above it the hand was at the end (m)."""
    observation = stage.reset(env, place)
    for _ in range(stage.ACTIONS):
        observation, pressed = stage.act(env, decide(observation))
        if pressed:
            break
    return pressed, float(np.linalg.norm(observation[:2] - observation[4:6]))


def scripted(env):
    expert = stage.expert()
    return expert.get_action


def blind(env):
    """The scripted policy, told that the button stands in the middle: what can be had without looking."""
    expert, middle = stage.expert(), np.mean(stage.PLACES, axis=0)[:2]
    return lambda observation: expert.get_action(np.r_[observation[:4], middle, observation[6:]])


def seeing(named):
    """By its name, a policy of NAME=FILE, which sees the picture, brought to its size as the import does, and feels the
    robot."""
    name, is_named, path = named.partition("=")
    if not (name and is_named):
        raise UserError(f"{named}: write NAME=POLICY.onnx, for instance gplac=gplac.onnx.")
    policy = Policy.load(path, resize=True)

    def made(env):
        return lambda observation: policy.act(stage.picture(env), stage.felt(observation))

    return name, made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "policies", nargs="*", metavar="NAME=POLICY.onnx", help="by default the two that do not see"
    )
    parser.add_argument("--looks", nargs="+", default=list(stage.LOOKS), choices=list(stage.LOOKS))
    parser.add_argument("--episodes", type=count, default=20, help="in each look")
    parser.add_argument("--size", type=size, default="96x84", help="of the pictures, as recorded")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=Path("metaworld.json"))
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message="Constant")
    rng = np.random.default_rng(asked.seed)
    places = [rng.uniform(*stage.PLACES) for _ in range(asked.episodes)]
    todo = []
    try:
        makers = dict(map(seeing, asked.policies)) or {"scripted": scripted, "blind": blind}
        trials = Trials.opened(asked.json, stage.TASK, asked.seed)
        for look in asked.looks if asked.policies else asked.looks[:1]:
            for name in makers:
                if trials.has(name, look, asked.episodes):
                    print(f"{look}: {name} is in {asked.json} already")
                else:
                    todo.append((look, name))
    except UserError as error:
        parser.error(str(error))
    for look, name in todo:
        env = stage.make_env(*asked.size, stage.LOOKS[look])
        outcomes = [episode(env, place, makers[name](env)) for place in places]
        successes = sum(pressed for pressed, _ in outcomes)
        interval = wilson(successes, len(places))
        trials.add(
            {
                "policy": name,
                "look": look,
                "episodes": len(places),
                "successes": successes,
                "interval95": [interval.low, interval.high],
                "pressed": [pressed for pressed, _ in outcomes],
                "distance_m": [round(distance, 4) for _, distance in outcomes],
            }
        )
        print(f"{look}: {name} {successes} of {len(places)}", flush=True)
        trials.write(asked.json)
        env.close()
