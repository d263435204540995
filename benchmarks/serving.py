"""How the example server behaves at several times its capacity.

    python -m benchmarks.serving PHOTO [--times 4] [--seconds 60]

Starts `examples/serve.py` with uvicorn, measures its capacity with one client that sends the next
photograph when it has its picture, and then sends photographs at a multiple of that rate, whether
or not there was an answer. Prints the answers by status with their seconds (median, 95 % and
longest), those of the health check meanwhile, and the requests without an answer, which should be
none. Needs `pip install "tfstyle[serve]"`.
"""

import argparse
import collections
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

SERVER = Path(__file__).parents[1] / "examples"


def post(port, data, path="/stylize"):
    """Sends a photograph; returns status, body and seconds. None is the status of no answer."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("GET" if data is None else "POST", path, data)
        response = connection.getresponse()
        answer = response.status, response.read()
    except OSError:
        answer = None, b""
    finally:
        connection.close()
    return *answer, time.perf_counter() - began


def offer(port, data, rate, count):
    """Sends `count` photographs, `rate` a second; returns the results of `post` in any order."""
    results = []

    def send():
        results.append(post(port, data))

    threads = []
    began = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        threads.append(threading.Thread(target=send))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return results


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photo", type=Path)
    parser.add_argument("--times", type=float, default=4, help="of the capacity")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    data = options.photo.read_bytes()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(SERVER), "serve:app"]
    command += ["--port", str(port), "--limit-concurrency", "64", "--log-level", "error"]
    server = subprocess.Popen(command, env=os.environ)
    try:
        while post(port, None, "/health")[0] != 200:
            if server.poll() is not None:
                sys.exit("The server did not start.")
            time.sleep(0.5)
        _measure(port, data, options)
    finally:
        server.terminate()
        server.wait()


def _measure(port, data, options):
    alone = [post(port, data)[2] for _ in range(6)][1:]
    capacity = 1 / float(np.median(alone))
    print(f"one client: {capacity:.2f} pictures a second, {np.median(alone):.2f} s each")
    rate = options.times * capacity
    count = max(8, round(rate * options.seconds))
    health, done = [], threading.Event()

    def watch():
        while not done.wait(1):
            health.append(post(port, None, "/health"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    results = offer(port, data, rate, count)
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    print(f"{count} photographs at {rate:.2f} a second, all answered after {seconds:.0f} s")
    _show("health", health)
    _show("", results)
    painted = sum(status == 200 for status, _, _ in results)
    print(
        f"painted {painted / seconds:.2f} a second, {painted / seconds / capacity:.0%} of capacity"
    )


def _show(name, results):
    grouped = collections.defaultdict(list)
    for status, _, seconds in results:
        grouped[status].append(seconds)
    for status, each in sorted(grouped.items(), key=str):
        low, high = np.quantile(each, (0.5, 0.95))
        print(f"{name} {status}: {len(each)}, {low:.3f} s, {high:.3f} s, {max(each):.3f} s")


if __name__ == "__main__":
    main()
