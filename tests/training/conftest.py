from tiny import demonstrations, preset, weak

__all__ = ["demonstrations", "preset", "weak"]
