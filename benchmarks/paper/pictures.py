"""Sheets of pictures and charts for the document."""

import matplotlib.figure
from matplotlib.ticker import EngFormatter
from PIL import Image, ImageDraw, ImageFont

from tfstyle.images.geometry import montage
from tfstyle.images.pixels import to_image

SHORT = {"instance": "IN", "batch": "BN"}


def sheet(columns):
    """Puts named columns of pictures side by side, their names above.

    Args:
        columns: Dictionary of name to a list of float arrays `[height, width, 3]` in [0, 1], all
            of one size.

    Returns:
        `PIL.Image.Image`.
    """
    rows = [[to_image(picture) for picture in row] for row in zip(*columns.values(), strict=True)]
    return montage([[_label(name, rows[0][0].width) for name in columns], *rows])


def charts(count, **labels):
    """Gives a figure of `count` charts side by side, and their axes.

    Args:
        count: Integer.
        **labels: Properties of all axes, such as `xlabel`.
    """
    figure = matplotlib.figure.Figure(figsize=(5 * count, 3.6), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for each in axes:
        each.set(**labels)
        each.grid(alpha=0.3)
        for axis in (each.xaxis, each.yaxis):
            if axis.get_label_text().endswith("total loss"):
                axis.set(major_formatter=EngFormatter(sep=""), minor_formatter=EngFormatter(sep=""))
    return figure, axes


def bars(axes, rows, label, value):
    """Draws a bar for each row of a table, and makes room for their names.

    Args:
        axes: Matplotlib's.
        rows: List of dictionaries.
        label: Function of a row that gives the name of its bar.
        value: Key of the bars' length.
    """
    names = [label(row) for row in rows]
    positions = range(len(rows))
    axes.barh(positions, [row[value] for row in rows])
    axes.set_yticks(positions, names)
    axes.invert_yaxis()
    axes.figure.set_size_inches(3 + 5 * len(axes.figure.axes), 1 + 0.3 * len(rows))


def _label(text, width):
    label = Image.new("RGB", (width, 24), "white")
    font = ImageFont.load_default(16)
    ImageDraw.Draw(label).text((width / 2, 12), text, "black", font, anchor="mm")
    return label
