"""The verb that looks at data before any training: integrity, then quality."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import Folder, OptionalPath
from gplac.cli.progress import bars

SOUND = {1: "is what its manifest says", 2: "are what their manifests say"}
OptionalFolder = Annotated[Positional[Path | None], arg(metavar="[OTHER]")]


def data_check(
    folder: Folder,
    other: OptionalFolder = None,
    /,
    *,
    out: OptionalPath = None,
    json: OptionalPath = None,
    strict: bool = False,
) -> None:
    """Look at data before training on them. First, is a data set what its manifest says: files, checksums, images,
    counts? Then, is it good: ranges, frozen or dark pictures, copies, labels? Ends with status 1 if there is a problem.

    Args:
        folder: Folder of a data set.
        other: Folder of another, weak images beside demonstrations: are they like each other?
        out: HTML page to write, with pictures of what was found.
        json: JSON file to write.
        strict: Warnings end with status 1, too.
    """
    from gplac.data.quality.finding import INTEGRITY, PLACES, summary
    from gplac.data.quality.survey import survey
    from gplac.evaluation.result import require_replaceable
    from gplac.files import require_writable

    if out is not None:
        require_writable(out)
    if json is not None:
        require_replaceable(json, "data_check")
    folders = [folder] if other is None else [folder, other]
    with bars() as part:
        found = survey(folders, part)
    broken = [finding.what for finding in found.findings if finding.code == INTEGRITY]
    print("\n".join(broken) or f"{' and '.join(map(str, folders))} {SOUND[len(folders)]}.")
    for finding in found.findings:
        if finding.code != INTEGRITY:
            print(f"{finding.severity}: {finding.what}")
            print(*(f"    {line}" for line in (*finding.where[:PLACES], finding.mend)), sep="\n")
    print(f"{summary(found.findings).capitalize()}.")
    if out is not None:
        from gplac.reporting.data_page import write_data_page

        write_data_page(found, out)
        print(f"The page is {out}.")
    if json is not None:
        from gplac.evaluation.result import write_json

        write_json(found.document(), "data_check", json)
        print(f"The JSON file is {json}.")
    if found.count("problem") or (strict and found.count("warning")):
        raise SystemExit(1)
