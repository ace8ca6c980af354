"""A policy, exported once for all tests of this room."""

from pathlib import Path

import numpy as np
import pytest
from exported import STATE, make_run, pictures, write_demonstrations

from gplac.robot import Policy
from gplac.training.export import export_run


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "demos"
    write_demonstrations(folder)
    return folder


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "gplac")


@pytest.fixture(scope="session")
def policy_file(run_dir: Path, demos: Path) -> Path:
    return export_run(run_dir, run_dir / "policy.onnx", demos).path


@pytest.fixture(scope="session")
def policy(policy_file: Path) -> Policy:
    return Policy.load(policy_file)


@pytest.fixture
def image() -> np.ndarray:
    return pictures(1)[0]


@pytest.fixture
def state() -> np.ndarray:
    return np.random.default_rng(2).normal(3.0, 2.0, STATE).astype(np.float32)
