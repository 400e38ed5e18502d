"""The adapter of PayPal: orders that payers approve on its page, captures, refunds, disputes."""

from __future__ import annotations

from allsquare.gateways.paypal.adapter import PayPalGateway

__all__ = ["PayPalGateway"]
