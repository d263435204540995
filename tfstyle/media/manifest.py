"""What became of each photograph, as Parquet files in the folder of the pictures."""

import json
import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet

from tfstyle.media.places import Place

FOLDER = "manifest.parquet"

SCHEMA = pa.schema(
    {
        "input": pa.string(),
        "output": pa.string(),
        "hash": pa.string(),
        "seconds": pa.float32(),
        "error": pa.string(),
    }
)
_ORDER = b"tfstyle"  # key of the facts in the metadata of each file

# Rows are written when so many wait, or the oldest of them has waited so long.
_ROWS, _SECONDS = 100_000, 60.0


class Manifest:
    """A folder of Parquet files, which every program reads as one table.

    The columns are those of `SCHEMA`: names of photograph and picture below their folders, the
    SHA-256 of the picture's file, the seconds that it took, and a sentence if it failed. Each
    photograph has one row.

    Args:
        place: Where the pictures are.
        facts: What decides the pictures: values that JSON has.
    """

    def __init__(self, place: Place, facts: dict[str, Any]) -> None:
        self._place = place
        self._facts = json.dumps(facts, sort_keys=True)
        self._waiting: list[pa.Table] = []
        self._since = time.monotonic()

    def exists(self) -> bool:
        """Whether there is one, of this order or of another."""
        return bool(self._files())

    def check(self) -> None:
        """Refuses a manifest of pictures that were painted otherwise.

        Raises:
            ValueError: that names what differs.
        """
        files = self._files()
        if not files:
            return
        schema = pa.parquet.read_schema(files[0], filesystem=self._place.filesystem)
        before = json.loads((schema.metadata or {}).get(_ORDER, b"{}"))
        now = json.loads(self._facts)
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        if changed:
            what = ", ".join(f"{key} {before.get(key)!r}, now {now.get(key)!r}" for key in changed)
            raise ValueError(
                f"{self._place.path} has pictures that were painted otherwise: {what}. Choose "
                "another OUTPUT, or paint all of them again with --force."
            )

    def done(self) -> pa.Table:
        """Returns the rows of the pictures that were painted."""
        files = self._files()
        if not files:
            return SCHEMA.empty_table()
        dataset = pa.dataset.dataset(files, SCHEMA, "parquet", self._place.filesystem)
        return dataset.to_table(filter=pc.field("error").is_null())

    def start(self, kept: pa.Table) -> None:
        """Writes rows of earlier runs as one file, and removes the other files.

        Args:
            kept: Rows of `done`. The other photographs are painted again.
        """
        before = self._files()
        self._write(kept)
        for path in before:
            self._place.filesystem.delete_file(path)

    def add(self, rows: pa.Table) -> None:
        """Adds rows. They are written within a minute, when others follow, or by `flush`."""
        self._waiting.append(rows.select(SCHEMA.names).cast(SCHEMA))
        late = time.monotonic() - self._since > _SECONDS
        if late or sum(map(len, self._waiting)) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Writes the rows that wait."""
        if self._waiting:
            self._write(pa.concat_tables(self._waiting))
        self._waiting, self._since = [], time.monotonic()

    def _write(self, rows):
        sink = pa.BufferOutputStream()
        table = rows.replace_schema_metadata({_ORDER: self._facts})
        pa.parquet.write_table(table, sink)
        self._place.put(f"{FOLDER}/part-{time.time_ns()}.parquet", sink.getvalue().to_pybytes())

    def _files(self):
        selector = pa.fs.FileSelector(self._place.of(FOLDER), allow_not_found=True)
        infos = self._place.filesystem.get_file_info(selector)
        return sorted(info.path for info in infos if info.path.endswith(".parquet"))
