"""Figures as SVG that stands inside a page: scalable, described, and apart from one another."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["inline_svg"]

WIDTH, HEIGHT, DOTS = 9.0, 5.0, 100
"""Inches, and pixels per inch."""

OWN_NAMES = re.compile(r'(\bid="|\bxlink:href="#|url\(#)')


def inline_svg(
    draw: Callable[["Axes"], object], *, name: str, title: str, height: float = HEIGHT
) -> str:
    """Draw a figure and return it as an SVG element.

    Letters are drawn as outlines, so that no font of the reader changes their width.  All names
    inside the element begin with that of the figure, since names must not repeat in a page.

    Parameters
    ----------
    draw : callable
        Draws into the axes that it is given.
    name : str
        Name of the figure, unique in its page: letters, digits and hyphens.
    title : str
        What the figure shows, for readers who do not see it.
    height : float
        In inches; the width is nine.

    Returns
    -------
    str

    Examples
    --------
    >>> from margin.report.inline_svg import inline_svg
    >>> svg = inline_svg(lambda ax: ax.plot([0, 1]), name="line", title="A rising line")
    >>> svg[:24], "<title" in svg
    ('<svg role="img" aria-lab', True)
    """
    figure = Figure(figsize=(WIDTH, height), dpi=DOTS, layout="constrained")
    draw(figure.add_subplot())
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    drawn = out.getvalue()
    box = re.search(r'viewBox="[^"]*"', drawn)
    assert box is not None
    inside = drawn[drawn.index("<defs") : drawn.rindex("</svg>")]
    apart, label = OWN_NAMES.sub(rf"\g<1>{name}-", inside), f"{name}-drawn"
    return (
        f'<svg role="img" aria-labelledby="{label}" {box.group()} '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{label}">{escape(title)}</title>'
        f"{apart}</svg>"
    )
