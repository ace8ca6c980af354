"""The encoders by the names that methods call them."""

from collections.abc import Callable

from gplac import plugins
from gplac.config import NetworkConfig
from gplac.errors import UserError
from gplac.models.encoders import AttentionEncoder, ConvEncoder, Encoder

MakesEncoder = Callable[[NetworkConfig, int, int], Encoder]
"""Of a configuration, and the height and width of the images, pixels."""
ENCODERS: dict[str, MakesEncoder] = {"attention": AttentionEncoder, "conv": ConvEncoder}


def encoder_named(name: str) -> MakesEncoder:
    """The encoder that methods call so.

    Raises:
        UserError: there is none.
    """
    if name not in ENCODERS:
        raise UserError(
            f"no encoder is called {name!r}: choose one of {', '.join(ENCODERS)}, or name the module of another package"
            f" that has it in {plugins.VARIABLE}"
        )
    return ENCODERS[name]
