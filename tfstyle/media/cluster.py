"""Many photographs on many machines: Ray schedules, repeats and restarts, this paints."""

import hashlib
import json
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from tfstyle.files import remove_partial, sha256
from tfstyle.images.formats import is_photograph
from tfstyle.media.batch import names_of_pictures
from tfstyle.media.manifest import FOLDER, SCHEMA, Manifest
from tfstyle.media.order import Order, failure_of
from tfstyle.media.places import Place, open_place, place_of
from tfstyle.processor import limit_threads
from tfstyle.styles.packed import PackedStyle, pack

if TYPE_CHECKING:
    import ray.data

# Of photographs that are painted as one task, if there are many. A task costs milliseconds; of a
# lost machine, two for each of its actors are done again.
_ROWS = 256
# How often Ray repeats the task of an actor that died. One that dies of its photograph, as of a
# full memory or a flaw in a decoder, would be repeated for ever.
_REPEATS = 3

_DIED = "The process died each time that it painted this photograph. Is the memory too small?"


def stylize_dataset(
    dataset: "ray.data.Dataset",
    style: str | os.PathLike[str] | Mapping[str, float] | PackedStyle,
    order: Order | None = None,
    cores: int = 1,
    source: str = "",
    target: str = "",
) -> "ray.data.Dataset":
    """Paints the photographs that a Ray dataset names, and writes the pictures.

    An actor of Ray loads the style once and paints one photograph after the other. Local pictures
    are written under a temporary name and renamed; on an object store they appear as a whole. A
    photograph that cannot be painted gives a row with an error.

    Args:
        dataset: With the columns `input` and `output`: paths, or addresses such as
            `s3://bucket/photo.jpg`. The suffix of `output` decides the format.
        style: As `tfstyle.load` takes it; of a blend, dictionary of style name to weight; or what
            `pack` returns, which also chooses generator, precision and engine.
        order: `Order`. Defaults to that of `tfstyle stylize` without options.
        cores: Of each actor. TensorFlow and OpenVINO use as many threads.
        source: Folder or address to which `input` is relative, or empty.
        target: Likewise of `output`.

    Returns:
        Dataset with the columns of `dataset` and three more: `hash`, the SHA-256 of the picture's
        file, or None; `seconds`, which it took; and `error`, a sentence or None. It is lazy: Ray
        paints when its rows are read.

    Raises:
        ValueError: if there is no such style.
        ImportError: if Ray is not installed.

    Example: `stylize_dataset(ray.data.from_items(names), "mosaic").write_parquet("manifest")`
    """
    ray = need_ray()
    packed = style if isinstance(style, PackedStyle) else pack(style)
    arguments = (ray.put(packed), order or Order(), cores, source, target, Image.MAX_IMAGE_PIXELS)
    pool = ray.data.ActorPoolStrategy(
        min_size=1, initial_size=_room_for_actors(cores), max_tasks_in_flight_per_actor=2
    )
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return dataset.map_batches(
            _Actor,
            batch_size=None,
            batch_format="pyarrow",
            fn_constructor_args=arguments,
            compute=pool,
            num_cpus=cores,
            max_task_retries=_REPEATS,  # Ray 2.64 will take it otherwise
        )


class Painter:
    """Paints photographs that rows name: see `stylize_dataset`.

    Args:
        style: `Style`.
        order: `Order`.
        source: Folder or address to which `input` is relative, or empty.
        target: Likewise of `output`.
    """

    def __init__(self, style: Any, order: Order, source: str = "", target: str = "") -> None:
        self._style, self._order, self._source, self._target = style, order, source, target

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Paints photographs, and adds the columns `hash`, `seconds` and `error`."""
        names = zip(rows["input"].to_pylist(), rows["output"].to_pylist(), strict=True)
        results = [self._paint(*pair) for pair in names]
        for field in (SCHEMA.field(name) for name in ("hash", "seconds", "error")):
            values = pa.array([result[field.name] for result in results], field.type)
            rows = rows.append_column(field, values)
        return rows

    def _paint(self, photograph, picture):
        started = time.monotonic()
        result: dict[str, Any] = {"hash": None}

        def work():
            result["hash"] = self._write(photograph, picture)

        result["error"] = failure_of(photograph, work)
        result["seconds"] = time.monotonic() - started
        return result

    def _write(self, photograph, picture):
        """Paints a photograph; returns the SHA-256 of the picture's file."""
        source, name = place_of(self._source, photograph)
        target, picture = place_of(self._target, picture)
        if (source.filesystem, source.of(name)) == (target.filesystem, target.of(picture)):
            raise ValueError(f"{photograph} is photograph and picture. Choose another output.")
        image = self._order.read(source.source(name))
        if target.is_local:
            path = Path(target.of(picture))
            self._order.write(image, self._style, path)
            return sha256(path)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"picture{Path(picture).suffix}"
            self._order.write(image, self._style, path)
            content = path.read_bytes()
        target.put(picture, content)
        return hashlib.sha256(content).hexdigest()


class _Actor(Painter):
    """A `Painter` in a process of its own."""

    def __init__(self, packed, order, cores, source, target, largest):
        limit_threads(cores)
        Image.MAX_IMAGE_PIXELS = largest  # as the program that started the job has it
        warnings.filterwarnings("ignore", module="PIL")
        super().__init__(need_ray().get(packed).load(), order, source, target)


@dataclass
class Progress:
    """How far a job is.

    Attributes:
        total: Number of photographs.
        there: Of these were painted before.
        painted: By this job.
        failed: By this job, too.
        seconds: Since it began to paint.
    """

    total: int
    there: int = 0
    painted: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Photographs a second, failed ones too."""
        return (self.painted + self.failed) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, or None before there is a rate."""
        left = self.total - self.there - self.painted - self.failed
        return left / self.per_second if self.per_second else None


class Job:
    """A tree of photographs, whose pictures mirror it: see `tfstyle cluster`.

    Args:
        source: Folder or address: see `open_place`.
        target: Likewise, of the pictures and the manifest.
        style: Of `pack`.
        order: `Order`.
        force: Whether to paint again what was painted, and to overwrite other files.

    Attributes:
        progress: `Progress`.

    Raises:
        ValueError: if there are no photographs, or `target` has files that this job must not
            overwrite.
    """

    def __init__(
        self, source: str, target: str, style: PackedStyle, order: Order, force: bool = False
    ) -> None:
        self._roots, self._style, self._order = (source, target), style, order
        photographs, pictures = map(open_place, self._roots)
        self._pictures = pictures
        if photographs == pictures:
            raise ValueError(f"{pictures.path} has the photographs themselves: choose another.")
        self._manifest = Manifest(pictures, style.facts() | facts_of(order))
        began = self._manifest.exists()
        if not force:
            self._manifest.check()
        tree = tree_of(photographs, pictures)
        if not len(tree):
            raise ValueError(f"{photographs.path} holds no images that Pillow can read.")
        there = pc.is_in(tree["output"], value_set=files_of(pictures))
        if not began and not force and pc.any(there).as_py():
            taken = tree["output"].filter(there)[0]
            raise ValueError(
                f"{pictures.path} has {taken} already, and no {FOLDER}: another program wrote it. "
                "Choose another OUTPUT, or overwrite its files with --force."
            )
        done = SCHEMA.empty_table() if force else self._manifest.done()
        there = pc.and_(there, pc.is_in(tree["output"], value_set=done["output"]))
        self._missing = tree.filter(pc.invert(there))
        # In a manifest that was cut off a row may stand twice.
        self._kept = done.filter(pc.is_in(done["output"], value_set=tree["output"].filter(there)))
        self.progress = Progress(len(tree), len(tree) - len(self._missing))

    def run(self, cores: int = 1, tell: Callable[[Progress], object] = lambda _: None) -> Progress:
        """Paints what is missing, and writes the manifest.

        Args:
            cores: Of each actor.
            tell: Called with the progress after each of Ray's tasks.

        Returns:
            The progress at the end.

        Raises:
            OSError: if the cluster fails, or the manifest cannot be written.
        """
        self._manifest.start(self._kept)
        missing, started = self._missing, time.monotonic()
        workers = _room_for_actors(cores)
        # So few that each actor has many tasks: the last ones end nearly together.
        at_once = max(1, min(_ROWS, len(missing) // (16 * workers)))
        # What has no row then died with its actor, or beside one that did: each by itself.
        for rows in (at_once, 1):
            if len(missing):
                missing = self._paint(missing, rows, cores, started, tell)
        if len(missing):
            self._add(_died(missing), started, tell)
        self._manifest.flush()
        if self._pictures.is_local:
            remove_partial(self._pictures.path)  # of processes that died
        return self.progress

    def _paint(self, missing, rows, cores, started, tell):
        """Paints photographs, so many in each task; returns those that have no row then."""
        ray = need_ray()
        blocks = [missing.slice(first, rows) for first in range(0, len(missing), rows)]
        names = ray.data.from_blocks(blocks)  # `from_arrow` starts a task to look at each
        results = stylize_dataset(names, self._style, self._order, cores, *self._roots)
        seen = []
        try:
            for table in results.iter_batches(batch_size=None, batch_format="pyarrow"):
                self._add(table, started, tell)
                seen.append(table["input"].combine_chunks())
        except ray.exceptions.RayError as error:
            self._manifest.flush()
            raise OSError(f"Ray stopped: {' '.join(str(error).split())[:500]}") from error
        seen = pa.chunked_array(seen, pa.string())
        return missing.filter(pc.invert(pc.is_in(missing["input"], value_set=seen)))

    def _add(self, table, started, tell):
        self._manifest.add(table)
        failed = len(table) - table["error"].null_count
        self.progress.failed += failed
        self.progress.painted += len(table) - failed
        self.progress.seconds = time.monotonic() - started
        tell(self.progress)


def tree_of(photographs: Place, pictures: Place) -> pa.Table:
    """Lists the photographs of a place with the names of their pictures.

    Args:
        photographs: `Place`.
        pictures: `Place` that is not listed, if it lies in the other.

    Returns:
        Table with the columns `input` and `output`, relative to the places.
    """
    parts = []
    for folder, names in photographs.folders(pictures):
        names = list(filter(is_photograph, names))
        before = f"{folder}/" if folder else ""
        columns = ([before + name for name in each] for each in (names, names_of_pictures(names)))
        parts.append(pa.table(dict(zip(("input", "output"), columns, strict=True)), _NAMES))
    return pa.concat_tables(parts) if parts else _NAMES.empty_table()


_NAMES = pa.schema({"input": pa.string(), "output": pa.string()})


def files_of(place: Place) -> pa.ChunkedArray:
    """Lists the files of a place, relative to it."""
    found = (
        pa.array([f"{folder}/{name}" if folder else name for name in names], pa.string())
        for folder, names in place.folders()
        if folder != FOLDER
    )
    return pa.chunked_array(found, pa.string())


def facts_of(order: Order) -> dict[str, Any]:
    """Returns what an order decides of the pictures, as values that JSON has."""
    facts = asdict(order)
    look = facts.pop("look")
    if look["mask"] is not None:
        look["mask"] = hashlib.sha256(look["mask"].tobytes()).hexdigest()
    del facts["memory"]  # which decides how, not what
    return json.loads(json.dumps(look | facts))


def need_ray() -> Any:
    """Imports Ray.

    Raises:
        ImportError: if it is not installed, with the command that installs it.
    """
    try:
        import ray.data
        import ray.exceptions
    except ImportError:
        raise ImportError(
            "Painting on a cluster needs Ray. Install it with: pip install 'tfstyle[ray]'"
        ) from None
    return ray


def connect(address: str | None = None, quiet: bool = False) -> None:
    """Connects to a cluster of Ray, or starts Ray on this machine.

    Args:
        address: Of the cluster, or `"auto"` on one of its machines. None for the cluster that the
            environment variable RAY_ADDRESS names, or else for this machine alone.
        quiet: Whether Ray shows errors only.

    Raises:
        OSError: if there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    ray = need_ray()
    level = logging.ERROR if quiet else logging.WARNING
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    dashboard = False if address == "local" else None
    try:
        ray.init(address, logging_level=level, include_dashboard=dashboard, log_to_driver=not quiet)
    except (ConnectionError, RuntimeError) as error:
        raise OSError(f"Ray does not answer at {address}: {error}") from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = not quiet
    # A task whose process died again and again must not end the job: see `Job.run`.
    context.max_errored_blocks = -1
    # A photograph of hundreds of megapixels takes longer than Ray's half an hour.
    context.execution_no_progress_timeout_s = -1
    logging.getLogger("ray.data").setLevel(level)


def _room_for_actors(cores):
    """Returns how many actors the cluster has room for now."""
    nodes = (node for node in need_ray().nodes() if node["Alive"])
    return max(1, sum(int(node["Resources"].get("CPU", 0) // cores) for node in nodes))


def _died(missing):
    count = len(missing)
    rows = missing.append_column("hash", pa.nulls(count, pa.string()))
    rows = rows.append_column("seconds", pa.nulls(count, pa.float32()))
    return rows.append_column("error", pa.array([_DIED] * count, pa.string()))
