"""Payments, attempts, refunds, disputes, payouts; the Gateway contract; the one door, settle."""
