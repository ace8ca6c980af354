"""Verbs about policies of a user's own data."""

from gplac.cli.options import OptionalPath, Run


def trust(run: Run, /, *, demos: OptionalPath = None, weak: OptionalPath = None) -> None:
    """Write again how far to trust a policy of your own data: RUN/trust.html, a page with all its pictures, and
    RUN/trust.json. Training writes them as well.

    Args:
        run: Folder of the run.
        demos: The demonstrations that it was trained on, if they have moved.
        weak: The photographs, if they have moved.
    """
    import json

    from gplac.api import trust

    page = trust(run, demos, weak)
    for advice in json.loads(page.with_suffix(".json").read_text())["advice"]:
        print(f"{advice['weight']}: {advice['sentence']}")
    print(f"The page is {page}.")
