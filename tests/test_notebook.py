"""The notebook of the docs runs from top to bottom, in this checkout."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebooks" / "own_robot.ipynb"


def test_it_runs_and_ends_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gplac

    monkeypatch.setenv("PYTHONPATH", str(Path(gplac.__file__).parents[1]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    # This interpreter's own kernel, whatever kernels are installed for the user.
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "the repository holds no outputs"
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.create_kernel_manager()
    client.km.kernel_spec.argv[0] = sys.executable
    client.execute()
    told = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "few episodes" not in told
    assert "There are only 30 demonstrations" in told
    assert "of places it has never seen" in told and "points lie within" in told
