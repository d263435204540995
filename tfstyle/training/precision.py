"""The dtype policies of a training."""

from tfstyle.processor import has_bfloat16

PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


def fastest_precision() -> str:
    """Returns the dtype policy for `train` that is the fastest on this processor."""
    return "mixed_bfloat16" if has_bfloat16() else "float32"
