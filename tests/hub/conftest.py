"""A run that has everything a run can have, and a hub on this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import TOKEN, FakeHub
from huggingface_hub import constants
from own_data import demonstrations, photographs, write_demonstrations, write_weak
from synthetic_run import synthetic_run

import gplac
from gplac.training.export import export_run


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """The client asks this hub, as a user who is logged in."""
    with FakeHub() as fake:
        monkeypatch.setattr(constants, "ENDPOINT", fake.url)
        template = fake.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield fake


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    """A run on the simulated pusher, evaluated on test scenes, beside files that are nobody else's business."""
    run = synthetic_run(tmp_path / "runs" / "simulated", "gplac", 0.7, 64, 56, 3, 2)
    (run / "checkpoint.safetensors").write_bytes(b"much")
    (run / "tb").mkdir()
    (run / "tb" / "events").write_bytes(b"log")
    (run / "notes.txt").write_text("mine")
    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a user's own data with trust page and exported file; not to be changed."""
    folder = tmp_path_factory.mktemp("home of jane")
    demos = write_demonstrations(folder / "demos", demonstrations(), control_hz=10.0)
    weak = write_weak(folder / "weak", photographs())
    run = folder / "runs" / "own"
    command = ["gplac", "train", "--demos", str(demos), f"--weak={weak}", "--seed", "0"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)  # which is what provenance tells
        gplac.train(demos, weak, out=run, steps=6, preset="smoke")
        export_run(run, run / "policy.onnx")
    return run
