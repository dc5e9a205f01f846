"""Open matplotlib figures as PNG. A program that does not use matplotlib pays nothing for it."""

import io
import sys
from collections.abc import Iterator


def draw_figures() -> Iterator[bytes | str]:
    """Each open figure as a PNG, or one line on why it could not be drawn; closes all."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            drawn = io.BytesIO()
            try:
                pyplot.figure(number).savefig(drawn, format="png", bbox_inches="tight")
            except Exception as error:  # noqa: BLE001 - what a program put into a figure
                yield f"figure {number} could not be drawn: {error}"
            else:
                yield drawn.getvalue()
    finally:
        pyplot.close("all")
