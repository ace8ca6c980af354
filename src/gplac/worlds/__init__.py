"""Sections 6.1 and 6.2: what is simulated and what it looks like. Importing this registers the environments."""

from gplac.worlds.registry import register_envs

register_envs()
