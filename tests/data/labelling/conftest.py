import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from photographs import no_bars, take_photographs

from gplac.data.labelling.server import LabelServer
from gplac.data.labelling.session import Session, open_session

NAMES = ["a.jpg", "b.jpg", "c.png", "d.tif", "room/e.jpg"]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Five photographs in tmp_path/photos, to be labelled into tmp_path/out."""
    take_photographs(tmp_path / "photos", NAMES)
    with open_session(tmp_path / "photos", tmp_path / "out", 1.0, "Is there a mug?", no_bars) as opened:
        yield opened


@pytest.fixture
def server(session: Session) -> Iterator[LabelServer]:
    """A running server of that session."""
    with LabelServer(session) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()
