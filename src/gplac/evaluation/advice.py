"""What to do about a policy of one's own data: sentences, each by a rule on the numbers of `gplac.evaluation.trust`.

A rule speaks only where the numbers bear it: rates are compared by Fisher's exact test, so that a handful of
photographs starts no alarm, and every threshold stands beside its reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import fisher_exact

Weight = Literal["stop", "mend", "note"]
"""Do not run it on a robot; mend this to make it better; know this when you read the numbers."""
Found = dict[str, Any]

SURE = 0.01
"""A group of photographs is called worse than the others below this p: about ten groups are looked at."""
CHANCE = 0.05
"""A classifier whose answers go with the labels no better than this p may be guessing."""
FEW_EPISODES = 50
"""The paper's robot experiment had 306 demonstrations, of one push each; fewer than these seldom cover where things may
lie, and a tenth of them is too few to measure on."""
FEW_PHOTOGRAPHS = 800
"""In the paper's table 3 success holds down to 800 weak images (pusher 78.5 %), and falls at 80 (56 %)."""
FEW_SCENES = 10
"""The paper's robot experiment had photographs of four backgrounds and 17 mugs, in 50 scenes."""
SAME = 1.05
"""Errors within this factor of each other count as the same."""
BY_HEART = 2.0
"""An error on new episodes that is so many times the one on known ones shows that these were learned by heart."""


@dataclass(frozen=True)
class Advice:
    """One sentence or two, and the rule that they come from."""

    rule: str
    weight: Weight
    sentence: str


def advise(found: Found) -> list[Advice]:
    """What the numbers say, gravest first."""
    given = [advice for rule in _RULES for advice in rule(found)]
    order = ("stop", "mend", "note")
    return sorted(given, key=lambda advice: order.index(advice.weight))


def _actions(found: Found) -> Iterator[Advice]:
    error = found["action_error"]
    if error["policy"] * SAME >= error["mean"]:
        yield Advice(
            "learned nothing", "stop",
            f"On held-out episodes its error ({error['policy']:.2f}) is no smaller than that of always answering"
            f" the mean action ({error['mean']:.2f}): it has not learned the task. Check that each picture, state"
            " and action belong together in time, and that states hold what the action depends on.",
        )  # fmt: skip
    elif error["grey"] <= SAME * error["policy"] or error["other_picture"] <= SAME * error["policy"]:
        yield Advice(
            "no use of pictures", "stop",
            f"The policy hardly uses the picture: its error is {error['policy']:.3f}, with grey pictures"
            f" {error['grey']:.3f}, with another moment's picture {error['other_picture']:.3f}. Let the object"
            " start in more different places, and leave out of the state what gives the answer away.",
        )  # fmt: skip
    elif error["state_only"] <= SAME * error["policy"]:
        yield Advice(
            "state suffices", "mend",
            f"A linear regression from the robot's state alone, without any picture, does as well (error"
            f" {error['state_only']:.3f}, the policy {error['policy']:.3f}): these demonstrations hardly ask for"
            " eyes. Let the object start in more different places.",
        )  # fmt: skip


def _by_heart(found: Found) -> Iterator[Advice]:
    error = found["action_error"]
    if error["policy"] > BY_HEART * error["trained"] and error["policy"] > 0.05:
        yield Advice(
            "by heart", "mend",
            f"On episodes it was trained on its error is {error['trained']:.3f}, on held-out ones"
            f" {error['policy']:.3f}: it knows these episodes by heart. Record more demonstrations, from more"
            " starting places.",
        )  # fmt: skip


def _episodes(found: Found) -> Iterator[Advice]:
    counts = found["data"]["episodes"]
    total = counts["trained"] + counts["held_out"]
    if total < FEW_EPISODES:
        held = counts["held_out"]
        yield Advice(
            "few episodes", "mend",
            f"There are only {total} demonstrations, and the errors here rest on {held} of them"
            f"{', so that they may be far off' if held < 5 else ''}. Add {FEW_EPISODES - total} or more.",
        )  # fmt: skip
    for name in found["data"]["constant_actions"]:
        yield Advice(
            "constant action", "note",
            f"The action's number {name} is the same in all demonstrations; the policy will always answer that.",
        )  # fmt: skip


def _photographs(found: Found) -> Iterator[Advice]:
    photographs = found["data"]["photographs"]
    if photographs is None:
        yield Advice(
            "no photographs", "mend",
            "It was trained without photographs, so nothing here says how it does in other places, and it"
            " probably does badly there. Take photographs with and without the object where the robot shall work.",
        )  # fmt: skip
        return
    trained, held = photographs["trained"], photographs["held_out"]
    total = sum(part[kind] for part in (trained, held) for kind in ("present", "absent"))
    scenes = trained["scenes"] + held["scenes"] if found["data"]["whole_scenes"] else trained["scenes"]
    if scenes == 1:
        yield Advice(
            "one place", "mend",
            "All photographs are of one place (or were imported as one), so nothing here says how it does in"
            f" others: the accuracy below is of that place alone. Take photographs of {FEW_SCENES} places or"
            " more, a folder for each.",
        )  # fmt: skip
    elif scenes < FEW_SCENES:
        yield Advice(
            "few places", "mend",
            f"The photographs are of {scenes} places: what these have in common, such as one table or one kind of"
            f" light, it may take for the object. Photograph more places; aim at {FEW_SCENES} or more.",
        )  # fmt: skip
    if not found["data"]["whole_scenes"] and scenes > 1:
        yield Advice(
            "known places", "note",
            "The photographs it is tested on are of places that it has seen others of; in new places it will err"
            " more.",
        )  # fmt: skip
    if total < FEW_PHOTOGRAPHS:
        yield Advice(
            "few photographs", "mend",
            f"There are {total} photographs. In the paper, with forty scenes, success held with 800 and fell with"
            f" 80; add {FEW_PHOTOGRAPHS - total} or more, half of them without the object.",
        )  # fmt: skip
    kinds = {"with": trained["present"], "without": trained["absent"]}
    fewer, more = sorted(kinds, key=lambda kind: kinds[kind])
    if found["classifier"] is not None and 3 * kinds[fewer] < kinds[more]:
        yield Advice(
            "unbalanced", "mend",
            f"The labels are unbalanced: {kinds['with']} photographs with the object, {kinds['without']} without."
            " Both kinds are shown to the classifier equally often, so it sees each of the few ones"
            f" {kinds[more] / kinds[fewer]:.0f} times as often, and learns them by heart. Add photographs {fewer}"
            " it.",
        )  # fmt: skip


def _classifier(found: Found) -> Iterator[Advice]:
    judged = found["classifier"]
    if judged is None:
        return
    wrong, count = judged["photographs"] - judged["right"], judged["photographs"]
    present = judged["present"]
    # Counted as an error, yes has to be surely more frequent where the object is than where it is not.
    denied = {"photographs": present["photographs"], "right": present["photographs"] - present["right"]}
    if _fisher(denied, judged["absent"]) >= CHANCE:
        flawless = ({**denied, "right": 0}, judged["absent"] | {"right": judged["absent"]["photographs"]})
        if _fisher(*flawless) >= CHANCE:
            yield Advice(
                "few to tell", "mend",
                f"The classifier is right about {judged['right']} of {count} held-out photographs, which are too few to"
                f" tell recognising from guessing: {present['photographs']} with the object and"
                f" {judged['absent']['photographs']} without. Photograph more places, with the object and without.",
            )  # fmt: skip
            return
        yield Advice(
            "classifier guesses", "stop",
            f"The classifier is right about {judged['right']} of {count} held-out photographs, the same answer to all"
            f" would be about {same_answer(judged)}, and guessing could do as well: it does not recognise the object,"
            " and then the policy does not either. Check the labels, and that the object is large enough to be seen"
            " at this picture size.",
        )  # fmt: skip
        return
    if judged["right"] < 0.9 * count:
        yield Advice(
            "classifier errs", "mend",
            f"The classifier errs in {wrong} of {count} held-out photographs. Look at them below: what they have"
            " in common is what to photograph more of. Unless it is its colour that tells the object from other things,"
            " --set training.colour_jitter=0.5 makes up for colours that nobody photographed.",
        )  # fmt: skip
    groups = {
        "dark": ("dark images", "darkest", judged["brightness"]["darkest"]),
        "bright": ("bright images", "brightest", judged["brightness"]["brightest"]),
    }
    for rule, (what, kind, group) in groups.items():
        if _worse(group, judged):
            errs = group["photographs"] - group["right"]
            yield Advice(
                rule, "mend",
                f"The classifier errs in {what}: of the {group['photographs']} {kind} held-out photographs {errs}"
                f" are wrong, of all others {wrong - errs} of {count - group['photographs']}. Add about"
                f" {group['photographs']} such photographs, half of them without the object.",
            )  # fmt: skip
    for part in judged["per_scene"]:
        if _worse(part, judged):
            yield Advice(
                "place", "mend",
                f"In {part['name']} it is wrong about {part['photographs'] - part['right']} of"
                f" {part['photographs']} photographs, more often than elsewhere. Look at what is different there,"
                " and photograph more such places.",
            )  # fmt: skip
    for rule, kind, other, told in (
        ("misses", "present", "absent", "misses the object where it is"),
        ("false alarms", "absent", "present", "sees the object where it is not"),
    ):
        part, rest = judged[kind], judged[other]
        if _fisher(part, rest) < SURE:
            yield Advice(
                rule, "mend",
                f"The classifier {told}: in {part['photographs'] - part['right']} of {part['photographs']}"
                f" photographs, against {rest['photographs'] - rest['right']} of {rest['photographs']} errors of"
                " the other kind.",
            )  # fmt: skip
    if judged["frames_present"] < 0.5:
        yield Advice(
            "camera", "note",
            "In the pictures of the demonstrations the classifier sees the object only"
            f" {judged['frames_present']:.0%} of the time. If it is in view there, these pictures look unlike the"
            " photographs: take some with the robot's own camera, from where it looks.",
        )  # fmt: skip


def _points(found: Found) -> Iterator[Advice]:
    points = found["points"]
    if points is None:
        return
    main = points["main"]
    if main and sum(points["entropy"][k] for k in main) / len(main) > 0.8:
        yield Advice(
            "haze", "mend",
            "The attention of the channels that the policy reads is spread over the whole picture, so that their"
            " points hardly mean a place. Train longer (--set training.steps=...), or with a lower"
            " network.temperature.",
        )  # fmt: skip
    if main and "reaction" in points and max(points["reaction"][k] for k in main) < 0.4:
        yield Advice(
            "points ignore the object", "mend",
            "None of the points that the policy reads moves when the object is there: it acts on something else"
            " in the picture, which may look otherwise in another place.",
        )  # fmt: skip


def same_answer(judged: Found) -> int:
    """About how many photographs a classifier is right that gives the better of its two answers to all."""
    return max(int(judged[kind]["photographs"]) for kind in ("present", "absent"))


def _worse(group: Found, whole: Found) -> bool:
    """Whether a group of photographs has surely more errors than all others together."""
    rest = {key: whole[key] - group[key] for key in ("photographs", "right")}
    return rest["photographs"] > 0 and _fisher(group, rest) < SURE


def _fisher(part: Found, rest: Found) -> float:
    """p of as many errors in ``part`` if it were no worse than ``rest``."""
    table = np.array(
        [[each["photographs"] - each["right"], each["right"]] for each in (part, rest)], np.int64
    )
    return float(fisher_exact(table, alternative="greater").pvalue)


_RULES: tuple[Callable[[Found], Iterator[Advice]], ...] = (
    _actions,
    _by_heart,
    _classifier,
    _points,
    _photographs,
    _episodes,
)
