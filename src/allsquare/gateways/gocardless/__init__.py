"""The adapter of GoCardless: debits by SEPA, Bacs and ACH, under mandates that payers give on its hosted page."""

from __future__ import annotations

from allsquare.gateways.gocardless.adapter import GoCardlessGateway

__all__ = ["GoCardlessGateway"]
