"""The one error of a style that cannot be used."""

import contextlib
import os
from collections.abc import Iterator


class UnusableStyleError(ValueError):
    """What was given is not a style, or its files are damaged, incomplete or not to be trusted.

    Args:
        reason: One line: what was expected, what was found, what to do.
        path: What the caller gave: a name or a path.
    """

    def __init__(self, reason: str, path: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


@contextlib.contextmanager
def reading(style: object) -> Iterator[None]:
    """Makes every error of reading a style's files an `UnusableStyleError`.

    Files that lie make their readers raise nearly anything: h5py a RuntimeError, a deeply nested
    JSON a RecursionError, a name that is too long an OSError.

    Args:
        style: Name or path, as the caller gave it.
    """
    try:
        if not isinstance(style, str | os.PathLike):
            raise TypeError(f"a style is a name or a path, and this is a {type(style).__name__}")
        yield
    except UnusableStyleError:
        raise
    except ValueError as error:
        raise UnusableStyleError(str(error), style) from error
    except (OSError, RuntimeError, TypeError, KeyError, AttributeError, MemoryError) as error:
        given = repr(style)
        given = given if len(given) < 200 else f"{given[:100]}..."
        reason = " ".join(f"{error or type(error).__name__}".split())[:300]
        message = f"{given} cannot be read as a style: {reason}. Give a name or a style's folder."
        raise UnusableStyleError(message, style) from error
