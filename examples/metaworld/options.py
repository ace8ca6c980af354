"""Types of the scripts' options: what does not fit is refused before any work."""

from argparse import ArgumentTypeError
from pathlib import Path


def size(text):
    """Width and height of WIDTHxHEIGHT."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ArgumentTypeError(f"{text} is no size: write WIDTHxHEIGHT in pixels, for instance 96x84")
    return int(width), int(height)


def count(text):
    """A number from 1."""
    if not (text.isdecimal() and int(text)):
        raise ArgumentTypeError(f"{text} is no number from 1")
    return int(text)


def new_folder(text):
    """A folder that is not there yet, so that nothing of before is lost or mixed with what is new."""
    if Path(text).exists():
        raise ArgumentTypeError(f"{text} exists already: name a new folder, or delete that one")
    return Path(text)
