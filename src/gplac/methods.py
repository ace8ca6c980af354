"""The methods of Table 1, and those beyond it, each as a difference from its parent."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from gplac import plugins
from gplac.errors import UserError
from gplac.objectives.action import Action
from gplac.objectives.classification import Classification
from gplac.objectives.domain_confusion import DomainConfusion
from gplac.objectives.objective import Objective, Source, sources
from gplac.objectives.pose import PoseRegression
from gplac.objectives.reconstruction import Reconstruction
from gplac.objectives.slowness import Slowness

EVERY_SCENE = 40
"""Stands for all scenes that there are weak images of: forty, as in the paper's simulated tasks, or what a task or a
user has."""


@dataclass(frozen=True)
class Method:
    """What a method sees and what it is trained on.

    Raises:
        UserError: it reads weak images and has no scenes of them, or its number of scenes is neither all nor none.
    """

    encoder: str
    """One of `gplac.models.registry.ENCODERS`: with spatial attention, or the plain convolutional network."""
    labelled_scenes: int
    """Scenes that its demonstrations come from."""
    objectives: tuple[Objective, ...]
    """Terms of the loss."""
    weak_scenes: int = 0
    """Scenes that its weakly labelled images come from, `EVERY_SCENE`; 0: it sees none. Fewer are a setting,
    ``training.scene_budget``."""
    pretrain: tuple[Objective, ...] = ()
    """Terms of the loss of a first stage, whose weights the main one starts from; none: there is no such stage."""
    colour_jitter: float = 0.0
    """How much each picture's colours change at random every time it is seen (`gplac.training.recolour`)."""

    def __post_init__(self) -> None:
        if self.weak_scenes not in (0, EVERY_SCENE):
            raise UserError(
                f"weak_scenes is {self.weak_scenes}: a method sees weak images of all scenes ({EVERY_SCENE}) or none"
                f" (0); train it with training.scene_budget={self.weak_scenes} for fewer."
            )
        if "weak" in self.reads and not self.weak_scenes:
            raise UserError(f"A method that reads weak images needs weak_scenes={EVERY_SCENE}.")

    def but(self, **changes: Any) -> "Method":
        """This method with some fields changed."""
        return replace(self, **changes)

    @property
    def classifies(self) -> bool:
        """Whether it trains the classifier of figure 2."""
        return any(isinstance(objective, Classification) for objective in self.pretrain + self.objectives)

    @property
    def reads(self) -> frozenset[Source]:
        """Everything that it is given in any stage."""
        return sources(self.pretrain + self.objectives)


def att_1() -> Method:
    """Attention, demonstrations of one scene."""
    return Method(encoder="attention", labelled_scenes=1, objectives=(Action(),))


def cnn_1() -> Method:
    """ATT-1 without attention."""
    return att_1().but(encoder="conv")


def att_40() -> Method:
    """ATT-1 with demonstrations of forty scenes: what weak labels try to reach."""
    return att_1().but(labelled_scenes=40)


def cnn_40() -> Method:
    """ATT-40 without attention."""
    return att_40().but(encoder="conv")


def gplac() -> Method:
    """The paper's method: ATT-1 and a classifier on weakly labelled images that shares its feature points."""
    return att_1().but(weak_scenes=EVERY_SCENE, objectives=(Action(), Classification()))


def cnn_c() -> Method:
    """GPLAC without attention."""
    return gplac().but(encoder="conv")


def att_da() -> Method:
    """GPLAC with domain adaptation in place of the classifier: points that look alike for both kinds of pictures."""
    return gplac().but(objectives=(Action(), DomainConfusion()))


def gplac_da() -> Method:
    """GPLAC and domain adaptation together."""
    return gplac().but(objectives=(*gplac().objectives, DomainConfusion()))


def att_ft() -> Method:
    """First the classifier on weakly labelled images, then ATT-1 from its weights."""
    return att_1().but(weak_scenes=EVERY_SCENE, pretrain=(Classification(weight=1.0),))


def att_ae() -> Method:
    """First a spatial autoencoder on the same pictures without their labels, then ATT-1 from its weights."""
    return att_ft().but(pretrain=(Reconstruction(), Slowness()))


def att_po() -> Method:
    """First the object's position, in pictures of all scenes, then ATT-1 from its weights. The only method that is told
    positions."""
    return att_ft().but(pretrain=(PoseRegression(),))


def gplac_colours() -> Method:
    """Beyond the paper: GPLAC with random colours in all pictures."""
    return gplac().but(colour_jitter=0.5)


def att_1_colours() -> Method:
    """Beyond the paper: ATT-1 with the same random colours, which tells how much of the gain needs weak images."""
    return att_1().but(colour_jitter=0.5)


def att_40_colours() -> Method:
    """Beyond the paper: ATT-40 with the same random colours, which tells what is left for demonstrations to gain."""
    return att_40().but(colour_jitter=0.5)


BEYOND: dict[str, Callable[[], Method]] = {
    "gplac-colours": gplac_colours,
    "att-1-colours": att_1_colours,
    "att-40-colours": att_40_colours,
}
"""Methods that the paper does not have: name -> what makes it."""

METHODS: dict[str, Callable[[], Method]] = {
    "att-1": att_1,
    "cnn-1": cnn_1,
    "att-40": att_40,
    "cnn-40": cnn_40,
    "gplac": gplac,
    "cnn-c": cnn_c,
    "att-da": att_da,
    "gplac-da": gplac_da,
    "att-ft": att_ft,
    "att-ae": att_ae,
    "att-po": att_po,
    **BEYOND,
}
"""The methods by the names that the command line knows: name -> what makes it."""

PARENTS = {
    "cnn-1": "att-1",
    "att-40": "att-1",
    "cnn-40": "att-40",
    "gplac": "att-1",
    "cnn-c": "gplac",
    "att-da": "gplac",
    "gplac-da": "gplac",
    "att-ft": "att-1",
    "att-ae": "att-ft",
    "att-po": "att-ft",
    "gplac-colours": "gplac",
    "att-1-colours": "att-1",
    "att-40-colours": "att-40",
}
"""What each method is a difference from."""


def register(name: str, make: Callable[[], Method], parent: str) -> None:
    """Make a method of another package known to the command line, grids and tables; see `gplac.plugins`.

    Args:
        name: what it is called there.
        make: what makes it.
        parent: name of the method that it is a difference from.

    Raises:
        UserError: another method has the name, or there is no such parent.
    """
    if METHODS.get(name, make) is not make:
        raise UserError(f"There is a method called {name!r} already: choose another name.")
    method_named(parent)
    METHODS[name] = BEYOND[name] = make
    PARENTS[name] = parent


def method_named(name: str) -> Method:
    """The method that the command line knows by ``name``.

    Raises:
        UserError: there is none.
    """
    if name not in METHODS:
        raise UserError(
            f"no method is called {name!r}: choose one of {', '.join(METHODS)}, or name the module of another package"
            f" that registers it in {plugins.VARIABLE}"
        )
    return METHODS[name]()


def differences(method: Method, parent: Method) -> dict[str, tuple[Any, Any]]:
    """Fields in which two methods differ: name -> (parent's value, method's value)."""
    pairs = (
        (field.name, getattr(parent, field.name), getattr(method, field.name)) for field in fields(Method)
    )
    return {name: (before, after) for name, before, after in pairs if before != after}
