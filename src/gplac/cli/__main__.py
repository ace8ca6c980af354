"""``python -m gplac.cli``."""

from gplac.cli import main

main()
