"""Refuses forked processes, in which a network that was used before the fork hangs."""

import functools
import os


def refuse_fork() -> None:
    """Raises an error in a fork of a process that has used a network.

    TensorFlow computes in threads. A fork does not have them, so it would wait forever. Call this
    before a network is built or used.

    Raises:
        RuntimeError: in such a fork.
    """
    if _first_user() != os.getpid():
        raise RuntimeError(
            "This process is a fork of one that has used a style, and would hang. Start workers "
            'with multiprocessing.get_context("spawn"), or load styles only in the workers.'
        )


@functools.cache
def _first_user() -> int:
    """Returns the process that called this first; a fork inherits the answer."""
    return os.getpid()
