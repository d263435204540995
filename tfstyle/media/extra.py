"""Imports the packages of `tfstyle[video]` when a video is opened, not earlier."""

import importlib


def need(module: str):
    """Imports a package of the extra `video`.

    Raises:
        ImportError: if it is not installed. The message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(
            f"Videos need the package {module}. Install it with: pip install 'tfstyle[video]'"
        ) from None


def scaling(method: str = "BICUBIC") -> int:
    """Returns the flags of FFmpeg's scaler: exact, where its own are a level or two too dark."""
    flags = need("av").video.reformatter.Interpolation
    return flags[method] | flags.ACCURATE_RND | flags.FULL_CHR_H_INT | flags.FULL_CHR_H_INP
