"""What a cluster of Ray costs: `tfstyle cluster` beside `tfstyle stylize`, on this machine.

    python -m benchmarks.cluster

Takes four minutes on two cores; --count 0, --small 0 or --listed 0 leaves a part out. Prints
pictures a second of one and of two workers of one core, and of one process with one and two
threads, between the first picture and the last; what a picture takes beside reading, painting and
writing; the memory of the workers over many small pictures; and the seconds that the command needs
to list photographs, hand them to Ray, and write and read the manifest. Photographs are smooth
noise.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import ray.data
from PIL import Image
from ray.cluster_utils import Cluster

from tfstyle.media.cluster import Job, connect
from tfstyle.media.order import Order
from tfstyle.styles.packed import pack


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", default="starry_night")
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--size", type=int, default=512, help="side of a photograph")
    parser.add_argument("--count", type=int, default=100, help="photographs of this size")
    parser.add_argument("--small", type=int, default=20000, help="photographs of 32 pixels")
    parser.add_argument("--listed", type=int, default=100000, help="photographs that are listed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        if options.count:
            measure_speed(options, Path(place))
            measure_sizes(options)
        if options.small:
            measure_memory(options, Path(place))
        if options.listed:
            measure_listing(options, Path(place))


def measure_speed(options, place):
    folder = photographs(place / "photographs", options.count, options.size)
    style = ("--style", options.style, "--engine", options.engine, "--quiet")
    runs = {}
    for threads in (1, 2):
        out = place / f"threads{threads}"
        run("stylize", folder, "-r", "-o", out, *style, threads=threads)
        runs[f"one process, threads: {threads}"] = rate(out)
    for workers in (1, 2):
        out = place / f"workers{workers}"
        with_cluster(workers, "cluster", folder, out, *style)
        runs[f"workers of one core: {workers}"] = rate(out)
    print(f"{options.count} photographs of {options.size} x {options.size}, pictures a second:")
    for name, value in runs.items():
        print(f"    {name:24} {value:7.2f}")
    one, two = (runs[f"workers of one core: {workers}"] for workers in (1, 2))
    print(f"two workers over twice one worker: {two / one / 2:.2f}")
    print(f"two workers over one process of two threads: {two / list(runs.values())[1]:.2f}")
    table = pyarrow.parquet.read_table(place / "workers1" / "manifest.parquet")
    beside = 1 / one - statistics.mean(table["seconds"].to_pylist())
    print(f"beside reading, painting and writing: {1e3 * beside:.1f} ms a picture")


def measure_sizes(options):
    """Paints photographs of equal sizes, and of sizes that alternate."""
    style = pack(options.style, engine=options.engine).load()
    sides = [
        (options.size + 4 * (number % 5), options.size - 4 * (number % 5)) for number in range(20)
    ]
    arrays = {side: np.zeros((*side, 3), "uint8") for side in sides}
    for name, order in (("grouped by size", sorted(sides)), ("alternating sizes", sides)):
        times = []
        for side in (*order, *order):
            started = time.process_time()  # other programs disturb it little
            style.stylize(arrays[side])
            times.append(time.process_time() - started)
        median = statistics.median(times[len(order) :])
        print(f"{name}: {1e3 * median:.1f} ms of the processor a picture")


def measure_memory(options, place):
    folder = photographs(place / "small", options.small, 32)
    style = ("--style", options.style, "--engine", options.engine, "--quiet")
    started = time.monotonic()
    samples = with_cluster(2, "cluster", folder, place / "small_out", *style)
    print(f"{options.small} photographs of 32 x 32: {time.monotonic() - started:.0f} s")
    for name, values in sorted(samples.items()):
        values = [value for value in values if value]
        parts = [values[int(len(values) * part) - 1] / 1e6 for part in (0.25, 0.5, 0.75, 1)]
        print(f"    {name}: {', '.join(f'{part:.0f}' for part in parts)} MB after each quarter")


def measure_listing(options, place):
    """Times what the command does alone, before its workers paint."""
    folder = photographs(place / "listed", options.listed, 16)
    style = pack(options.style, engine=options.engine)
    started = time.perf_counter()
    job = Job(str(folder), str(place / "none"), style, Order())
    listed = time.perf_counter() - started
    connect(quiet=True)
    started = time.perf_counter()
    missing = job._missing
    ray.data.from_blocks([missing.slice(row, 256) for row in range(0, len(missing), 256)])
    handed = time.perf_counter() - started
    columns = {"hash": ["0" * 64] * len(missing), "seconds": [1.0] * len(missing)}
    table = missing
    for name, values in (*columns.items(), ("error", [None] * len(missing))):
        table = table.append_column(name, pyarrow.array(values))
    started = time.perf_counter()
    job._manifest.add(table)
    job._manifest.flush()
    kept = job._manifest.done()
    written = time.perf_counter() - started
    ray.shutdown()
    print(f"{len(kept)} photographs: listed and named in {listed:.1f} s, handed to Ray in ", end="")
    print(f"{handed:.1f} s, manifest written and read in {written:.1f} s")


def photographs(folder, count, side):
    """Makes a tree of photographs; all but a hundred are links to these."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        path = folder / f"{number // 1000}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number < 100:
            coarse = rng.integers(0, 256, (6, 8, 3), dtype="uint8")
            Image.fromarray(coarse).resize((side, side)).save(path, quality=90)
            made.append(path)
        else:
            os.link(made[number % 100], path)
    return folder


def run(*arguments, threads=None):
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = os.environ | (dict.fromkeys(names, str(threads)) if threads else {})
    command = [sys.executable, "-m", "tfstyle", *map(str, arguments)]
    subprocess.run(command, check=True, env=environment)


def with_cluster(workers, *arguments):
    """Runs the command on workers of one core; returns the memory of its processes over time."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers})
    try:
        command = [sys.executable, "-m", "tfstyle", *map(str, arguments)]
        job = subprocess.Popen([*command, "--address", cluster.address])
        samples = {}
        while job.poll() is None:
            time.sleep(1)
            for name, process in processes(job.pid):
                samples.setdefault(name, []).append(resident(process))
        if job.returncode:
            raise SystemExit(f"{arguments} failed.")
        return samples
    finally:
        cluster.shutdown()


def processes(driver):
    """Yields the driver, and the actors that paint, as folders of /proc."""
    yield "driver", Path(f"/proc/{driver}")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if b"MapWorker" in (process / "cmdline").read_bytes():
                yield f"worker {process.name}", process


def resident(process):
    """Gives the bytes of memory that a process holds; 0 if it has ended."""
    with contextlib.suppress(OSError, IndexError):
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def rate(folder):
    """Gives the pictures a second between the first picture and the last."""
    times = sorted(path.stat().st_mtime for path in folder.rglob("*.jpg"))
    return (len(times) - 1) / (times[-1] - times[0])


if __name__ == "__main__":
    main()
