"""The executor over Ray against a stand-in for Ray that works at once: what is asked of it, and what comes back."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import scale_work as work

from gplac.errors import UserError
from gplac.scale.cluster import Cluster
from gplac.scale.executor import Failure, executor


class DeadError(Exception):
    """Stands for ``ray.exceptions.RayError``."""


class Ray(SimpleNamespace):
    """As much of Ray as an executor uses; an item of 13 kills its actor."""

    def __init__(self) -> None:
        super().__init__(exceptions=SimpleNamespace(RayError=DeadError))
        self.started = self.killed = self.actors = 0

    def is_initialized(self) -> bool:
        return self.started > 0

    def init(self, **_: Any) -> None:
        self.started += 1

    def shutdown(self) -> None:
        self.started -= 1

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 3.0}

    def remote(self, num_cpus: int) -> Callable[[type], Any]:
        assert num_cpus == 1

        def actor(kind: type) -> Any:
            def make(*arguments: Any) -> Any:
                self.actors += 1
                made = kind(*arguments)

                def call(function: Any, item: Any) -> Any:
                    return SimpleHandle(DeadError() if item == 13 else made.work(function, item))

                return SimpleNamespace(work=SimpleNamespace(remote=call))

            return SimpleNamespace(remote=make)

        return actor

    def wait(self, handles: list[Any], num_returns: int) -> tuple[list[Any], list[Any]]:
        return handles[-num_returns:], handles[:-num_returns]

    def get(self, handle: Any) -> Any:
        if isinstance(handle.value, DeadError):
            raise handle.value
        return handle.value

    def kill(self, _actor: Any) -> None:
        self.killed += 1


class SimpleHandle:
    """What a call gives before its result."""

    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    found = Ray()
    monkeypatch.setitem(sys.modules, "ray", found)  # type: ignore[arg-type]
    return found


def test_results_come_with_their_index_and_the_cluster_is_left(ray: Ray) -> None:
    with executor(2, work.prepare, kind="ray") as pool:
        assert sorted(pool.map(work.square, range(7))) == [(i, i * i) for i in range(7)]
        assert sorted(pool.map(work.square, [5])) == [(0, 25)]
        assert ray.actors == 2
    assert (ray.killed, ray.started) == (2, 0)


def test_failures_leave_the_others_alone_and_a_dead_actor_is_replaced(ray: Ray) -> None:
    with Cluster(2) as pool:
        results = dict(pool.attempt(work.fail_at_two, range(4)))
        assert isinstance(results.pop(2), Failure)
        assert results == {0: 0, 1: 1, 3: 3}
        results = dict(pool.attempt(work.square, [1, 13, 3, 4]))
    failure = results.pop(1)
    assert isinstance(failure, Failure) and "item 1" in failure.message
    assert results == {0: 1, 2: 9, 3: 16}
    assert ray.actors == 3


def test_a_running_cluster_is_not_ended_and_gives_as_many_workers_as_it_has_cores(ray: Ray) -> None:
    ray.init()
    with Cluster() as pool:
        assert pool.workers == 3
    assert ray.started == 1


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'gplac\[ray\]'"):
        executor(2, kind="ray")
