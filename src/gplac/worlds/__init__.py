"""Sections 6.1 and 6.2: what is simulated and what it looks like. Importing this registers the environments."""

from gplac.worlds.gl import check_choice

check_choice()

from gplac.worlds.registry import register_envs  # noqa: E402  (it imports MuJoCo)

register_envs()
