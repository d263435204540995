"""A temporary file for images that do not fit into memory."""

import errno
import tempfile
from pathlib import Path

import numpy as np

from tfstyle.layers.strips import aligned

_BLOCK = 2**18  # bytes: a strip wastes half of one on average


class Scratch:
    """A temporary file without a name, whose blocks are reused.

    The system removes it when the process ends, even if the process is killed. The file is read
    and written, not mapped into memory, so its pages do not count as memory of the process.

    Args:
        folder: Folder of the file: see `scratch_folder`.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.blocks = 0
        self._free: list[int] = []
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    @property
    def size(self) -> int:
        """Bytes of the file: the most that were stored at once."""
        return self.blocks * _BLOCK

    def write(self, content: memoryview) -> list[int]:
        """Stores bytes, and returns the numbers of their blocks.

        Raises:
            OSError: if the disk is full.
        """
        blocks = []
        try:
            for start in range(0, len(content), _BLOCK):
                blocks.append(self._take())
                self._transfer(self._file.write, blocks[-1], 0, content[start : start + _BLOCK])
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise OSError(
                f"{self.folder} is full: the picture needs more than {self.size / 1e9:.1f} GB "
                "of temporary files. Free some space, or set TMPDIR to a larger disk."
            ) from None
        return blocks

    def read(self, blocks: list[int], start: int, content: memoryview) -> None:
        """Fills `content` with the bytes that were written to these blocks, from `start` on."""
        done = 0
        while done < len(content):
            number, offset = divmod(start + done, _BLOCK)
            end = min(len(content), done + _BLOCK - offset)
            self._transfer(self._file.readinto, blocks[number], offset, content[done:end])
            done = end

    def release(self, blocks: list[int]) -> None:
        """Frees blocks, which are then reused."""
        self._free += blocks

    def _take(self):
        if self._free:
            return self._free.pop()
        self.blocks += 1
        return self.blocks - 1

    def _transfer(self, function, block, offset, content):
        self._file.seek(block * _BLOCK + offset)
        while len(content):
            content = content[function(content) :]


class StoredImage:
    """Rows of one image in a scratch file: written once from top to bottom, read by ranges.

    Args:
        scratch: `Scratch`.
    """

    def __init__(self, scratch: Scratch):
        self.rows = 0
        self._scratch = scratch
        self._strips: list[tuple[int, int, list[int]]] = []

    def append(self, strip: np.ndarray) -> None:
        """Adds the next rows, `[rows, width, channels]`."""
        strip = np.ascontiguousarray(strip)
        self._shape, self._dtype = strip.shape[1:], strip.dtype
        blocks = self._scratch.write(strip.reshape(-1).view("uint8").data)
        self._strips.append((self.rows, self.rows + len(strip), blocks))
        self.rows += len(strip)

    def read(self, top: int, bottom: int) -> np.ndarray:
        """Returns rows `top` to `bottom`, `[1, rows, width, channels]`."""
        result = aligned((1, bottom - top, *self._shape), self._dtype)
        row_bytes = result[0, :1].nbytes
        content = result.reshape(-1).view("uint8").data
        for first, last, blocks in self._strips:
            start, stop = max(first, top), min(last, bottom)
            if start < stop:
                piece = content[(start - top) * row_bytes : (stop - top) * row_bytes]
                self._scratch.read(blocks, (start - first) * row_bytes, piece)
        return result

    def release(self, top: int) -> None:
        """Frees the strips that lie above row `top` entirely."""
        while self._strips and self._strips[0][1] <= top:
            self._scratch.release(self._strips.pop(0)[2])
