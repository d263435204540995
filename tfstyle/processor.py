"""What the processor is called, and which fast arithmetic it has."""

import functools
import os
import platform
from pathlib import Path


def processor_name() -> str:
    """Returns the processor's name, as the system states it."""
    names = [value for key, value in _facts() if key == "model name"]
    return names[0] if names else platform.processor() or platform.machine()


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 matrices by itself (AVX512-BF16 or AMX).

    Without such instructions bfloat16 is slower than float32.
    """
    return bool({"avx512_bf16", "amx_bf16"} & set(instruction_sets()))


def instruction_sets() -> list[str]:
    """Returns which of the instructions that speed up networks the processor has."""
    known = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    flags = {flag for key, value in _facts() if key == "flags" for flag in value.split()}
    return [name for name in known if name in flags]


def limit_threads(count: int) -> None:
    """Limits the threads of TensorFlow and OpenVINO. Call it before either of them is loaded."""
    # Each library reads a variable of its own; OpenVINO's is read by `painting.openvino`.
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(count)


@functools.cache
def _facts() -> tuple[tuple[str, str], ...]:
    """Reads the lines of /proc/cpuinfo as pairs; none on systems without it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)
