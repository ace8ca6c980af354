"""On a robot: a policy from one ONNX file, twenty times a second, without PyTorch."""

from gplac.robot.card import Card
from gplac.robot.interface import Observation, Robot
from gplac.robot.loop import Settings, run
from gplac.robot.policy import Look, Policy
from gplac.robot.remote import RemotePolicy

__all__ = ["Card", "Look", "Observation", "Policy", "RemotePolicy", "Robot", "Settings", "run"]
