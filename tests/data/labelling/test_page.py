"""The page in a real browser: labelling by keyboard, undoing, correcting, and what it does when the server is gone."""

import threading
from collections.abc import Iterator

import pytest
from browser import Tab, browsing, chromium
from photographs import ORIENTATION
from PIL import Image

from gplac.data.labelling.server import LabelServer
from gplac.data.labelling.session import Session

PROGRAM = chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browsing(PROGRAM or "", tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def press(tab: Tab, *keys: str) -> None:
    """Keys, each when its picture is there."""
    for key in keys:
        tab.wait_for("state.ready || state.current === null")
        tab.press(key)
    tab.value("sending")


def labels(session: Session) -> str:
    return (session.labels.folder / "labels.csv").read_text()


def shown(tab: Tab) -> str:
    tab.wait_for("state.ready && document.querySelector('#picture img').complete")
    return str(tab.value("document.querySelector('#picture img').alt"))


def test_a_folder_is_labelled_by_keyboard_and_corrected_by_a_click(
    server: LabelServer, session: Session, tab: Tab
) -> None:
    tab.complaints.clear()
    tab.resize(390, 844)
    tab.open(server.url)
    assert shown(tab) == "a.jpg" and tab.value("document.querySelector('h1').innerText") == "Is there a mug?"
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")
    # The pictures that come next are there already; one that no browser shows has been converted.
    tab.wait_for(
        "loaded.size === 5 && [...loaded.values()].every(({img}) => img.complete && img.naturalWidth)"
    )

    press(tab, "y", "ArrowLeft", "s")
    assert labels(session) == "path,label\n../photos/a.jpg,1\n../photos/b.jpg,0\n"
    press(tab, "u")
    assert shown(tab) == "c.png"
    press(tab, "ArrowRight")
    tab.press("y", autoRepeat=True)  # held down: counts for nothing
    tab.press("y", modifiers=2)  # a shortcut of the browser
    assert shown(tab) == "d.tif"
    press(tab, "n", "s")
    tab.wait_for("!document.getElementById('done').hidden")
    counts = tab.value("['yes', 'no', 'skip', 'left'].map((kind) => $(`count-${kind}`).textContent)")
    assert counts == ["2", "2", "1", "0"]

    tab.click("#show-review")
    tab.wait_for("document.querySelectorAll('.tile').length === 5")
    tab.click("#tile-0")
    tab.value("sending")
    assert session.labels.get(session.pictures[0]) == "no"
    press(tab, "u")
    assert session.labels.get(session.pictures[0]) == "yes"
    tab.click("[data-filter=skip]")
    tab.click("#tile-4")
    tab.value("sending")
    assert labels(session).count("\n") == 6 and session.counts() == {"yes": 3, "no": 2, "skip": 0, "left": 0}

    tab.click("#finish")
    tab.wait_for("!document.getElementById('end').hidden")
    assert server.finished and tab.complaints == []


def test_answers_given_by_touch_are_gone_on_with_after_a_reload(
    server: LabelServer, session: Session, tab: Tab
) -> None:
    tab.open(server.url)
    assert shown(tab) == "a.jpg"
    tab.click("#yes")
    assert shown(tab) == "b.jpg"
    tab.click("#no")
    tab.value("sending")
    tab.open("about:blank")
    tab.open(server.url)
    assert shown(tab) == "c.png"
    tab.click("#finish")
    tab.wait_for("document.getElementById('sure').open")
    assert tab.value("document.getElementById('sure-left').textContent") == "3 pictures are"
    press(tab, "y")
    assert session.counts()["left"] == 3


def test_an_answer_that_is_not_saved_is_told_and_taken_back(session: Session, tab: Tab) -> None:
    with LabelServer(session) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        tab.open(server.url)
        shown(tab)
        server.token = "another"  # as after a restart
        tab.press("y")
        tab.wait_for("!$('trouble').hidden")
        assert "Open the address" in tab.value("$('trouble').textContent")
        assert tab.value("$('yes').disabled") and tab.value("$('count-left').textContent") == "5"
        assert session.counts()["left"] == 5
        server.shutdown()
        thread.join()


def test_a_picture_that_goes_away_is_told_and_can_only_be_skipped(
    server: LabelServer, session: Session, tab: Tab
) -> None:
    session.pictures[0].write_bytes(b"not a picture any more")
    tab.open(server.url)
    tab.wait_for("state.ready")
    assert "damaged" in tab.value("$('picture').innerText")
    press(tab, "y", "n")
    assert session.counts()["left"] == 5
    press(tab, "s")
    assert shown(tab) == "b.jpg" and session.counts()["skip"] == 1


def test_a_picture_is_shown_upright(server: LabelServer, session: Session, tab: Tab) -> None:
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    for number in (0, 2):
        Image.new("RGB", (48, 32)).save(session.pictures[number], exif=turned)
    tab.open(server.url)
    for _ in range(2):
        shown(tab)
        size = tab.value("[$('picture').firstChild.naturalWidth, $('picture').firstChild.naturalHeight]")
        assert size == [32, 48]
        press(tab, "y", "y")
    assert session.counts()["yes"] == 4
