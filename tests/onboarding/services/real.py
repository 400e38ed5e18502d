"""A provider of real money, as far as adding an account asks."""

from __future__ import annotations

from allsquare.gateways.sandbox import SandboxGateway
from allsquare.payments.gateway import Capability


class RealGateway(SandboxGateway):
    label = "Bank of Ever"
    capabilities = SandboxGateway.capabilities - {Capability.PRACTICE}
    settings_schema = ()
    practice = False

    def __init__(self, settings: object) -> None:
        """Nothing is set."""

    def identity(self) -> None:
        """Nobody is asked."""
