"""The adapter of Stripe: cards, wallets and bank debits on its hosted page, saved methods, refunds, disputes."""

from __future__ import annotations

from allsquare.gateways.stripe.adapter import StripeGateway

__all__ = ["StripeGateway"]
