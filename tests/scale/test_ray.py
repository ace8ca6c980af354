"""The executor over a real Ray on this machine, where there are packages of it."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest
import scale_work as work

from gplac.scale.executor import Failure, executor

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")


def test_a_real_ray_gives_results_failures_and_a_new_worker_for_a_dead_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Workers import functions by name, from where the packages of this process are and from here.
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(filter(None, [str(Path(__file__).parent), os.getenv("PYTHONPATH")]))
    )
    before = signal.getsignal(signal.SIGTERM)
    with executor(2, work.prepare, kind="ray") as pool:
        assert signal.getsignal(signal.SIGTERM) == before  # Ray's own would end a grid without a sentence
        assert sorted(pool.map(work.square, range(5))) == [(i, i * i) for i in range(5)]
        results = dict(pool.attempt(work.fail_at_two, range(4)))
        failed = results.pop(2)
        assert isinstance(failed, Failure) and "two is too many" in failed.message
        assert results == {0: 0, 1: 1, 3: 3}
        results = dict(pool.attempt(work.die_at_one, range(4)))
        died = results.pop(1)
        assert isinstance(died, Failure) and "item 1" in died.message
        assert sorted(results) == [0, 2, 3]
