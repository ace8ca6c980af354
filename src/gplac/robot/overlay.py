"""A picture of what a policy sees and does: feature points on the camera's picture, probability and action below it."""

import colorsys

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from gplac.data.fitting import centre_box
from gplac.robot.card import Card
from gplac.robot.policy import Look

WIDTH = 640
"""Pixels; letters are large enough to be read where a phone shows it at half of that."""
_PAPER, _INK, _FAINT, _BLUE, _RED = "#181c21", "#e6eaee", "#39414a", "#6aa8ff", "#ff7b6b"
_FONT, _SMALL, _MARGIN, _BARS = 22, 18, 16, 130
_POINT = 8
_USUAL = 1.1


def overlay(
    image: npt.NDArray[np.uint8],
    look: Look,
    card: Card,
    scale: npt.ArrayLike,
    title: str = "",
    warning: str | None = None,
) -> Image.Image:
    """Draw one tick.

    Args:
        image: ``(H, W, 3)`` uint8, what the camera saw.
        look: what the policy answered.
        card: of the policy.
        scale: ``(A,)`` positive; a bar of full length is an action of this size.
        title: a line of text, for instance the rate.
        warning: a sentence to show in red.
    """
    rows = round(WIDTH * image.shape[0] / image.shape[1])
    lines = 1 + (look.present is not None) + (warning is not None)
    canvas = Image.new("RGB", (WIDTH, rows + 2 * _MARGIN + 34 * lines + _BARS + 30), _PAPER)
    camera = Image.fromarray(image).resize((WIDTH, rows), Image.Resampling.NEAREST)
    canvas.paste(camera)
    draw = ImageDraw.Draw(canvas)
    if look.points is not None:
        # The policy's pixels, drawn where they are in the camera's picture; (0, 0) is the middle of a pixel.
        size = card.width, card.height
        left, top, right, _ = centre_box((image.shape[1], image.shape[0]), size)
        places = (look.points + 0.5) * (right - left) / card.width + (left, top)
        _draw_points(draw, places * WIDTH / image.shape[1])
    font = ImageFont.load_default(_FONT)
    y = rows + _MARGIN
    draw.text((_MARGIN, y), title, _INK, font)
    if look.present is not None:
        y += 34
        _draw_probability(
            draw, y, f"{card.object_of_interest or 'object'} in the picture", look.present, font
        )
    if warning is not None:
        y += 34
        draw.text((_MARGIN, y), _fitting(draw, warning, WIDTH - 2 * _MARGIN, font), _RED, font)
    _draw_action(draw, y + 42, look.action, np.asarray(scale, np.float64), card)
    return canvas


def _draw_points(draw: ImageDraw.ImageDraw, places: npt.NDArray[np.floating]) -> None:
    for index, (x, y) in enumerate(places):
        hue = index / len(places)
        red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, 1.0))
        draw.circle((x, y), _POINT, (red, green, blue), "black", 2)


def _draw_probability(
    draw: ImageDraw.ImageDraw,
    y: int,
    name: str,
    present: float,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, right = WIDTH - _MARGIN - 200, WIDTH - _MARGIN
    text = f"{name}: {present:.0%}"
    draw.text((_MARGIN, y), _fitting(draw, text, left - 2 * _MARGIN, font), _INK, font)
    draw.rectangle((left, y + 6, right, y + 22), _FAINT)
    if present >= 0.005:
        draw.rectangle((left, y + 6, left + round(present * (right - left)), y + 22), _BLUE)


def _draw_action(
    draw: ImageDraw.ImageDraw,
    top: int,
    action: npt.NDArray[np.floating],
    scale: npt.NDArray[np.float64],
    card: Card,
) -> None:
    """A bar for each number of the action, up or down from a line in the middle."""
    small = ImageFont.load_default(_SMALL)
    step = (WIDTH - 2 * _MARGIN) / len(action)
    names = [_fitting(draw, name, step - 4, small) for name in card.action_names or ()]
    if len(set(names)) < len(action):  # there are none, or they look alike cut short
        names = [str(i + 1) for i in range(len(action))]
    middle = top + _BARS / 2
    for i, (value, full, name) in enumerate(zip(action, scale, names, strict=True)):
        left, right = _MARGIN + i * step + 0.15 * step, _MARGIN + (i + 1) * step - 0.15 * step
        draw.rectangle((left, top, right, top + _BARS), _FAINT)
        part = float(value) / float(full)
        # Far beyond its scale, or not a number: the whole half, in red.
        usual = abs(part) <= _USUAL
        end = middle - (min(1.0, max(-1.0, part)) if usual else np.copysign(1.0, part)) * _BARS / 2
        draw.rectangle((left, min(middle, end), right, max(middle, end)), _BLUE if usual else _RED)
        draw.text(
            ((left + right) / 2, top + _BARS + 4),
            name,
            _INK,
            small,
            anchor="ma",
        )
    draw.line((_MARGIN, middle, WIDTH - _MARGIN, middle), _INK)


def _fitting(
    draw: ImageDraw.ImageDraw, text: str, width: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> str:
    """The text, or as much of it as is no wider."""
    if draw.textlength(text, font) <= width:
        return text
    while text and draw.textlength(text + "...", font) > width:
        text = text[:-1]
    return text + "..."
