"""Sizes and settings of a run: what the paper's appendix 8.2 and 8.3 fix, and what it leaves open.

A preset is one complete configuration; ``paper`` holds the paper's own numbers.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gplac.errors import UserError


@dataclass(frozen=True)
class DataConfig:
    """What is collected (sections 6.1 and 8.2.2)."""

    width: int
    """Image width in pixels."""
    height: int
    """Image height in pixels."""
    demonstrations: int
    """Episodes of the one labelled scene."""
    demonstrations_per_scene: int
    """Episodes of each of the 40 scenes for the methods that have labels everywhere (ATT-40, CNN-40)."""
    weak_scenes: int
    """Scenes that weak images come from; scene 0 is the labelled one."""
    weak_per_scene: int
    """Weak images of each scene, half with the object of interest and half without."""
    action_noise: float = 0.15
    """Standard deviation (torque units) of noise added to the executed action while demonstrating; the noise-free
    action is what is recorded, so the policy sees how the expert recovers."""
    noise_time_s: float = 0.0
    """Correlation time of that noise, seconds; 0: a fresh draw each step. Lasting noise carries the arm away from
    where the expert would have it, so that the arm alone no longer tells where the object is; fresh noise makes it
    tremble, and then most of an action only answers the tremble."""


@dataclass(frozen=True)
class NetworkConfig:
    """Figure 2, section 5 and appendix 8.3."""

    channels: tuple[int, ...] = (64, 64, 32, 32, 16)
    """Filters of the five 3x3 convolutions."""
    temperature: float = 1.0
    """Temperature of the spatial softmax."""
    learn_temperature: bool = False
    """Train the temperature, starting from the value above."""
    first_layer: Literal["frozen", "trained"] = "frozen"
    """Whether the VGG-16 first layer stays as it is."""
    norm_last: bool = False
    """Batch norm after the last convolution as well; the paper has it between the convolutions."""
    policy_dropout: float = 0.5
    """Dropout on the feature points that the policy reads."""
    classifier_dropout: float = 0.5
    """Dropout on the feature points that the classifier reads."""
    hidden: tuple[int, ...] = (400, 400)
    """Units of the fully connected layers of each head."""


@dataclass(frozen=True)
class TrainConfig:
    """Appendix 8.3: Adam, 3e-4, 50,000 steps, the first 5,000 on the task's loss alone."""

    steps: int = 50_000
    """Optimiser steps."""
    warmup_steps: int = 5_000
    """First steps, on L_task alone."""
    pretrain_steps: int = 10_000
    """Optimiser steps of the first stage of the methods that have one (ATT-AE, ATT-FT, ATT-PO), before `steps`; the
    paper states no number. The other methods have no use for it."""
    labelled_batch: int = 32
    """Labelled images a step."""
    weak_batch: int = 32
    """Weak images a step, half of them positive."""
    weak_budget: int = 0
    """Weak images that training may see, half of them positive, chosen from those collected by the seed (Table 3,
    `gplac.data.budget`); 0: all."""
    scene_budget: int = 0
    """Weak scenes that training may see images of, the first of the seed's order; 0: all."""
    colour_jitter: float = 0.0
    """How much each picture's colours are changed at random, every time it is seen (`gplac.training.recolour`); 0: as
    much as the method has for its own, which for the paper's methods is not at all."""
    learning_rate: float = 3e-4
    """Peak learning rate of Adam."""
    finetune_learning_rate: float = 0.0
    """The same of the main stage after a pretraining, whose weights a high one would wash away; 0: `learning_rate`."""
    schedule: Literal["constant", "cosine"] = "constant"
    """Learning rate over the steps."""
    dropout_schedule: Literal["constant", "bump"] = "constant"
    """The policy's dropout over the steps: `policy_dropout` throughout, or nought for the first fifth, so that the
    policy learns to look, `policy_dropout` at half, so that it reads many points, and nought at the end, so that it
    learns to be exact."""
    weight_decay: float = 0.0
    """Decoupled weight decay."""
    average_decay: float = 0.0
    """Decay of the exponential moving average of weights that is evaluated; 0: the last weights."""
    checkpoint_every: int = 1_000
    """Steps between checkpoints."""


@dataclass(frozen=True)
class EvaluationConfig:
    """40 test scenes x 10 episodes, as in the paper's Table 1."""

    scenes: int = 40
    """Scenes of the split to evaluate on."""
    episodes: int = 10
    """Episodes in each scene, from fixed initial states."""


@dataclass(frozen=True)
class Preset:
    """One complete configuration."""

    name: str
    data: DataConfig
    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainConfig = field(default_factory=TrainConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    classification_weight: float = 0.3
    """Lambda, the weight of L_CE against L_task (section 4); unstated in the paper."""
    domain_weight: float = 1.0
    """Weight of ATT-DA's and GPLAC-DA's domain adaptation (section 6.1); unstated in the paper."""


def smoke() -> Preset:
    """Seconds: for tests."""
    return Preset(
        name="smoke",
        data=DataConfig(
            32, 28, demonstrations=4, demonstrations_per_scene=2, weak_scenes=2, weak_per_scene=8
        ),
        training=TrainConfig(
            steps=6, warmup_steps=2, pretrain_steps=4, labelled_batch=8, weak_batch=8, checkpoint_every=2
        ),
        evaluation=EvaluationConfig(scenes=2, episodes=2),
    )


SMALL_NETWORK = NetworkConfig(temperature=0.25, norm_last=True, policy_dropout=0.3, classifier_dropout=0.6)
"""What 64x56 pixels and few steps do well with. At temperature 1 without the last batch norm GPLAC succeeds as often,
but seven of its sixteen maps are flat (docs/paper_map.md)."""


def demo() -> Preset:
    """`make demo`: two methods from data to report within twenty minutes on two CPU cores."""
    return Preset(
        name="demo",
        data=DataConfig(
            64,
            56,
            demonstrations=100,
            demonstrations_per_scene=5,
            weak_scenes=40,
            weak_per_scene=100,
            action_noise=0.4,
            noise_time_s=0.5,
        ),
        network=SMALL_NETWORK,
        training=replace(
            lite().training,
            steps=3_500,
            warmup_steps=350,
            labelled_batch=32,
            pretrain_steps=600,
            checkpoint_every=500,
        ),
        evaluation=EvaluationConfig(scenes=20, episodes=5),
        classification_weight=lite().classification_weight,
        domain_weight=lite().domain_weight,
    )


def lite() -> Preset:
    """Two CPU cores, under an hour of training a run."""
    return Preset(
        name="lite",
        data=DataConfig(
            64,
            56,
            demonstrations=400,
            demonstrations_per_scene=20,
            weak_scenes=40,
            weak_per_scene=400,
            action_noise=0.4,
            noise_time_s=0.5,
        ),
        network=SMALL_NETWORK,
        training=TrainConfig(
            steps=12_000,
            warmup_steps=1_200,
            labelled_batch=64,
            pretrain_steps=2_000,
            learning_rate=6e-3,
            schedule="cosine",
            dropout_schedule="bump",
            weight_decay=0.05,
            average_decay=0.998,
        ),
        classification_weight=3.0,
        domain_weight=0.3,
    )


def paper() -> Preset:
    """The numbers that the paper states: 40,000 labelled frames, 80,000 weak images of 200x175, 50,000 steps. One
    deviation: the policy has no dropout, where the paper has some on what both heads read."""
    return Preset(
        name="paper",
        data=DataConfig(
            200,
            175,
            demonstrations=400,
            demonstrations_per_scene=20,
            weak_scenes=40,
            weak_per_scene=2000,
            action_noise=lite().data.action_noise,
            noise_time_s=lite().data.noise_time_s,
        ),
        # With 0.5 for the policy, and all else as here, GPLAC learns nothing at 64x56 (docs/paper_map.md).
        network=NetworkConfig(policy_dropout=0.0),
        # Not stated, as is the noise: as chosen on validation scenes at `lite`.
        classification_weight=lite().classification_weight,
        domain_weight=lite().domain_weight,
    )


CHANGED = "-changed"
"""Ends the name of a preset that something was changed of."""
PRESETS = {"smoke": smoke, "demo": demo, "lite": lite, "paper": paper}


# A push is one action: nothing that comes after could recover from noise.
_ONE_ACTION = {"action_noise": 0.0, "noise_time_s": 0.0}
_ROBOT_EXPERIMENT = {"demonstrations": 306, "weak_scenes": 50, "weak_per_scene": 34, **_ONE_ACTION}
Differences = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""Whose -> preset -> part of it -> field -> value."""
TASK_CHANGES: Differences = {
    "mug_push": {
        "smoke": {"data": {"width": 32, "height": 24, **_ONE_ACTION}},
        "demo": {"data": {"width": 64, "height": 48, **_ROBOT_EXPERIMENT}},
        # 306 pictures are learned by heart long before 12,000 steps are over.
        "lite": {
            "data": {"width": 80, "height": 60, **_ROBOT_EXPERIMENT},
            "training": {"steps": 3_000, "warmup_steps": 300, "pretrain_steps": 500},
        },
        "paper": {"data": {"width": 320, "height": 240, **_ROBOT_EXPERIMENT}},
    }
}
"""What a task has otherwise, by preset; the mug push has the sizes of the robot experiment (section 6.2)."""
METHOD_CHANGES: Differences = {
    "att-1": {"lite": {"network": {"policy_dropout": 0.0}}},
    "att-1-colours": {"lite": {"network": {"policy_dropout": 0.0}}},
    "att-ae": {"lite": {"training": {"steps": 6_000, "warmup_steps": 600}}},
    "att-ft": {"lite": {"network": {"policy_dropout": 0.0}}},
    "att-po": {
        "lite": {"network": {"policy_dropout": 0.0}, "training": {"finetune_learning_rate": 0.0006}},
    },
    "cnn-1": {"lite": {"network": {"first_layer": "trained"}}},
}
"""What a method has otherwise, by preset, in the order in which it was taken: what did better with it in confirmation
scenes, by rules that were written down before (docs/paper_map.md), of what every method was tried with on validation
scenes (`gplac.grid.alike`); beyond the paper, what the parent has."""


def preset(name: str, task: str = "", method: str = "") -> Preset:
    """The preset called ``name``, with what ``method`` has for its own, and then ``task``.

    Raises:
        UserError: there is none of that name.
    """
    if name not in PRESETS:
        raise UserError(f"There is no preset called {name!r}; choose one of: {', '.join(PRESETS)}.")
    chosen = PRESETS[name]()
    for own in (METHOD_CHANGES.get(method, {}), TASK_CHANGES.get(task, {})):
        parts = {part: replace(getattr(chosen, part), **what) for part, what in own.get(name, {}).items()}
        chosen = replace(chosen, **parts)
    return chosen


def own_changes(name: str, method: str) -> tuple[str, ...]:
    """What ``method`` has otherwise than all others have it in the preset ``name``, as ``--set`` takes it."""
    parts = METHOD_CHANGES.get(method, {}).get(name, {})
    return tuple(
        f"{part}.{field}={f'{value:g}' if isinstance(value, float) else value}"
        for part, what in parts.items()
        for field, value in what.items()
    )
