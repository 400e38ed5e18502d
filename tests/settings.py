"""Settings of the tests: a real PostgreSQL of their own, that forgets everything in a power failure.

``DATABASE_URL`` names another server. Else the embedded one is started for whoever comes first and stopped
with the last one that leaves, so several test runs share it and none leaves it behind. Each further worker of a run has
one of its own: whoever reads the log waits for the oldest transaction of the whole server, and a test that is one long
transaction would keep those of the other workers waiting.
"""

from __future__ import annotations

import atexit
import os

import platformdirs

from allsquare.core.embedded_postgres import Cluster, ensure_running

# Never the home of a real installation, even when one is named in the environment.
_default_home = (
    "/var/lib/allsquare-test" if os.geteuid() == 0 else str(platformdirs.user_cache_path("allsquare-test"))
)
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").replace("gw0", "")
os.environ["ALLSQUARE_HOME"] = os.environ.get("ALLSQUARE_TEST_HOME", _default_home) + _worker

if not os.environ.get("DATABASE_URL"):
    _unsafe = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    _postgres = ensure_running(Cluster.at(), options=_unsafe, adopt=True)
    atexit.register(_postgres.release)

from allsquare.config.settings import *  # noqa: E402, F403 - these, a little changed, once the above is set
from allsquare.config.settings import DATABASES, STORAGES  # noqa: E402 - named for the type checker

# A test run of its own needs a database of its own: several may be under way on one machine.
DATABASES["default"]["TEST"] = {"NAME": f"test_allsquare_{os.getpid()}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Static files straight from their sources: no test waits for them to be collected.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
