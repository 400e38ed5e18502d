"""What was measured on: a figure without its machine says little."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from allsquare.core import bulk, clock
from bench.figure import Detail


def machine() -> Detail:
    """Processor, load before the measurement, PostgreSQL with its durability, and what a durable write costs."""
    ((postgres, fsync, commit),) = bulk.run(
        """SELECT current_setting('server_version'), current_setting('fsync'),
                  current_setting('synchronous_commit')"""
    )
    return {
        "date": clock.now(None).date().isoformat(),
        "processor": _processor(),
        "cores": psutil.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "postgresql": str(postgres),
        "fsync": f"{fsync}, synchronous_commit {commit}",
        "durable_write_ms": round(_durable_write_ms(), 3),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _durable_write_ms() -> float:
    """One page written and forced to the disk on which the database lies: the least that a commit can cost."""
    page, took = bytes(8192), []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(page)
            os.fdatasync(file.fileno())
            took.append(1000 * (time.perf_counter() - began))
    return median(took)
