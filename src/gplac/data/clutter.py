"""What file managers, network drives and archives leave beside a user's files."""

JUNK = ("thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "#recycle", "$recycle.bin", "__macosx")
"""Names of files and folders that are not hidden, in lower case."""


def is_clutter(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or one that nobody put there on purpose."""
    return name.startswith(".") or name.lower() in JUNK
