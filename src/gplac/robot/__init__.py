"""On a robot: a policy from one ONNX file, twenty times a second, without PyTorch."""

from typing import TYPE_CHECKING, Any

from gplac.robot.card import Card
from gplac.robot.interface import Observation, Robot
from gplac.robot.loop import Settings, run
from gplac.robot.policy import Look, Policy

if TYPE_CHECKING:
    from gplac.robot.remote import RemotePolicy

__all__ = ["Card", "Look", "Observation", "Policy", "RemotePolicy", "Robot", "Settings", "run"]


def __getattr__(name: str) -> Any:
    # A robot that has its policy in a file needs none of what connections are made with.
    if name == "RemotePolicy":
        from gplac.robot.remote import RemotePolicy

        return RemotePolicy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
