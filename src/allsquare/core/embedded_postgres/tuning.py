"""The server's settings for a small machine that it shares with the application.

They are given on the command line, so they win over ``postgresql.conf``; a caller's ``options`` win over
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",  # nothing but the Unix socket
        "max_connections": "100",
        "shared_buffers": "128MB",
        "effective_cache_size": "512MB",
        "maintenance_work_mem": "64MB",
        "max_wal_size": "1GB",  # bounds the disk used, and the seconds that a restart after a crash takes
        "min_wal_size": "128MB",
        "io_method": "sync",  # no separate I/O workers: the working set fits into memory
        "random_page_cost": "1.1",  # solid-state disks
        "plan_cache_mode": "force_generic_plan",  # prepared statements work on arrays: one plan fits any length
        "jit": "off",  # many short statements, for which compiling costs more than it saves
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",  # a line every five minutes, for ever
        "log_line_prefix": "%m [%p] ",
    }
)


def command_line(options: Mapping[str, str]) -> list[str]:
    """``-c name=value`` for every setting."""
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
