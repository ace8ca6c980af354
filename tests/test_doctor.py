"""The doctor finds what is there, and says what to do where something is not."""

import os
import subprocess
import sys
from pathlib import Path

from gplac import doctor


def test_a_machine_that_runs_the_tests_is_sound(tmp_path: Path) -> None:
    findings = {finding.subject: finding for finding in doctor.examine(tmp_path)}
    assert all(finding.ok for finding in findings.values()), [f for f in findings.values() if not f.ok]
    assert {"Python", "torch", "mujoco-core", "processor", "GPU", "drawing", "disk"} <= findings.keys()
    assert str(tmp_path) in findings["disk"].value


def test_without_a_way_to_draw_it_prints_the_command_that_mends_it() -> None:
    """Two ways that do not exist stand for a machine without graphics libraries."""
    code = "from gplac.worlds import gl; gl._WAYS = ('nothing', 'nowhere'); gl.context()"
    works, complaint = doctor.probe(code, MUJOCO_GL="")
    assert not works
    assert "apt-get install libegl1" in complaint and not complaint.startswith("gplac.errors")


def test_it_works_where_mujoco_cannot_even_be_imported(tmp_path: Path) -> None:
    """An invalid MUJOCO_GL makes ``import mujoco`` raise; the doctor must survive and say so."""
    command = [sys.executable, "-m", "gplac.cli", "doctor"]
    done = subprocess.run(
        command, env={**os.environ, "MUJOCO_GL": "nonsense"}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "MUJOCO_GL=nonsense" in done.stdout and "unset MUJOCO_GL" in done.stdout
    assert "Traceback" not in done.stderr
