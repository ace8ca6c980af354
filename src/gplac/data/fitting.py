"""Pictures brought to a size: cropped around the centre, then scaled, at import and by a policy on a robot."""

from PIL import Image

Size = tuple[int, int]
"""Width and height in pixels."""


def fitted(image: Image.Image, wanted: Size) -> Image.Image:
    """A picture of the wanted size: the largest part around its centre that has these proportions, scaled."""
    if image.size == wanted:
        return image
    return image.resize(wanted, Image.Resampling.LANCZOS, box=centre_box(image.size, wanted))


def centre_box(size: Size, wanted: Size) -> tuple[float, float, float, float]:
    """The largest part (left, top, right, bottom) of a picture, around its centre, of the wanted one's proportions."""
    width, height = size
    scale = min(width / wanted[0], height / wanted[1])
    across, down = (width - scale * wanted[0]) / 2, (height - scale * wanted[1]) / 2
    return across, down, width - across, height - down


def cut_off(size: Size, wanted: Size) -> str | None:
    """What `fitted` leaves out of a picture, in words; None if it is less than one pixel of the wanted size."""
    left, top, right, _ = centre_box(size, wanted)
    pixel = (right - left) / wanted[0]
    if 2 * max(left, top) < pixel:
        return None
    return "left and right" if left > top else "top and bottom"


def share_cut_off(size: Size, wanted: Size) -> float:
    """Share of a picture's width or height that `fitted` leaves out, both sides together."""
    left, top, _, _ = centre_box(size, wanted)
    return 2 * max(left / size[0], top / size[1])
