"""The same few settings for every method, so that each has the same number of tries on validation scenes."""

from collections.abc import Callable

from gplac.config import Preset
from gplac.methods import Method, method_named
from gplac.models.encoders import AttentionEncoder
from gplac.models.registry import encoder_named
from gplac.objectives.domain_confusion import DomainConfusion

Changes = tuple[str, ...]
"""What is changed of a preset, as it is typed; none: as it is."""

OWN, DROPOUT, FIRST_LAYER, TEMPERATURE, STEPS = (
    "its own weight or rate",
    "no dropout on the policy",
    "first layer trained on",
    "temperature 1",
    "half the steps",
)


def tried_alike(method: str, preset: Preset) -> dict[str, Changes]:
    """What is tried with a method besides the preset as it is: what it is called -> its changes. Made for `lite`; a
    preset that has one of these settings already is tried with it as it is.

    Its own weight or rate is a third of the weight of domain adaptation or a tenth of λ, whichever it has, or a tenth
    of the learning rate after a first stage. Where a method has none of these, or no temperature, it has half the
    learning rate in place of it, and four times the weight decay in place of the other.

    Args:
        method: its name.
        preset: what is changed.

    Raises:
        UserError: there is no method of that name.
    """
    one, training = method_named(method), preset.training
    spare = iter(
        (
            (f"training.learning_rate={training.learning_rate / 2:g}",),
            (f"training.weight_decay={training.weight_decay * 4:g}",),
        )
    )
    own = next((told(preset) for has, told in _OWN_SETTINGS if has(one)), None)
    made = encoder_named(one.encoder)
    attends = isinstance(made, type) and issubclass(made, AttentionEncoder)
    return {
        OWN: own or next(spare),
        DROPOUT: ("network.policy_dropout=0",),
        FIRST_LAYER: ("network.first_layer=trained",),
        TEMPERATURE: ("network.temperature=1.0",) if attends else next(spare),
        STEPS: (
            f"training.steps={training.steps // 2}",
            f"training.warmup_steps={training.warmup_steps // 2}",
        ),
    }


def _adapts(method: Method) -> bool:
    return any(isinstance(objective, DomainConfusion) for objective in method.objectives)


_OWN_SETTINGS: tuple[tuple[Callable[[Method], bool], Callable[[Preset], Changes]], ...] = (
    (_adapts, lambda preset: (f"domain_weight={preset.domain_weight / 3:g}",)),
    (
        lambda method: bool(method.pretrain),
        lambda preset: (f"training.finetune_learning_rate={preset.training.learning_rate / 10:g}",),
    ),
    (
        lambda method: method.classifies,
        lambda preset: (f"classification_weight={preset.classification_weight / 10:g}",),
    ),
)
"""Whether a method has it, and the change, in the order in which they are asked."""
