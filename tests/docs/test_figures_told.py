"""What README says of many result files at once is true of each of them."""

import json
import re

from pages import ROOT


def test_how_often_policies_succeed_where_they_were_trained() -> None:
    text = (ROOT / "README.md").read_text().replace("\n", " ")
    told = re.search(r"succeed in (\d+) of 100 episodes or more", text)
    assert told is not None
    found = {}
    for task in ("pusher", "striker"):
        for path in (ROOT / "results/lite" / task).glob("*.json"):
            control = json.loads(path.read_text()).get("controls", {}).get("labelled")
            if control:
                assert control["episodes"] == 100
                found[path] = control["successes"]
    assert min(found.values()) == int(told.group(1))
