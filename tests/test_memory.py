import platform
import subprocess
import sys

import pytest

from tfstyle.memory import keep_freed_memory

# A thread, for TensorFlow allocates in threads; 64 MiB, which it may have taken by `mmap` else.
FAULTS = """
import resource, threading
from tfstyle.memory import keep_freed_memory
{first}
def fill(times):
    for _ in range(times):
        b"x" * 2**26
def work():
    fill(2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    fill(8)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def page_faults(first):
    code = FAULTS.format(first=first)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(run.stdout)


# Asked of the platform, for the setting itself would hold for all tests of this process.
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="runs where the C library is glibc")
def test_freed_memory_is_used_again():
    # 64 MiB are 16384 pages of 4 KiB, each a fault when it comes from the system. Fewer where
    # the system gives larger pages; then there is nothing to gain either.
    given_back = page_faults("")
    if given_back < 8 * 1000:
        pytest.skip("runs where the system's pages are small")
    assert page_faults("assert keep_freed_memory()") < given_back / 20


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert keep_freed_memory() is False
