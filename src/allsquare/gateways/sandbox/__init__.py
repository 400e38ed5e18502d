"""The adapter of the sandbox, a payment provider for trying things out."""

from __future__ import annotations

from allsquare.gateways.sandbox.adapter import SandboxGateway

__all__ = ["SandboxGateway"]
