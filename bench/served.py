"""Settings of the web server that is measured: an installation's, with the scripted provider."""

from __future__ import annotations

from allsquare.config.settings import *  # noqa: F403 - all of them
from allsquare.config.settings import ALLSQUARE_GATEWAYS

ALLSQUARE_GATEWAYS["scripted"] = "bench.scripted.ScriptedGateway"
