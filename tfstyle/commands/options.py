"""Options about pictures, which several commands have."""

from pathlib import Path
from typing import Annotated

import typer

MaxSide = Annotated[
    int | None,
    typer.Option(min=1, help="Scale larger photographs down to this side in pixels."),
]
Stroke = Annotated[
    float,
    typer.Option(min=0.25, max=8, help="Size of the brush strokes. 2 makes them twice as large."),
]
Mask = Annotated[
    Path | None, typer.Option(help="Image that is white where to paint, otherwise black.")
]
Grain = Annotated[
    float,
    typer.Option(min=0, max=1, help="Add noise first. 0.02 brings strokes to flat areas."),
]
Strength = Annotated[
    float, typer.Option(min=0, max=1, help="Mix with the photograph: 1 is only the picture.")
]
KeepColors = Annotated[
    bool, typer.Option("--keep-colors", help="Keep the colours of the photograph.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the grain and of generators with noise.")]
Memory = Annotated[
    str | None,
    typer.Option(
        help="Memory limit, such as 4GB, for large photographs.",
        show_default="1.2GB, or less in a container",
    ),
]
Huge = Annotated[
    bool,
    typer.Option("--huge", help="Read files above 89 megapixels. Use it if you trust them."),
]
Metadata = Annotated[bool, typer.Option(help="Keep date, place, artist and rights.")]
KeepProfile = Annotated[
    bool,
    typer.Option("--keep-profile", help="Write in the photograph's colour profile, not sRGB."),
]
