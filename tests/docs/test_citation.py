"""What users are asked to cite is this version."""

import re
import tomllib

from pages import ROOT


def test_the_citation_names_the_packages_version_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = dict(re.findall(r"^(\w[\w-]*): (\S.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE))
    assert (cited["title"], cited["version"], cited["license"]) == (
        project["name"],
        project["version"],
        project["license"],
    )
