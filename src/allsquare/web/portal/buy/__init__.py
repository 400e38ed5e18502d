"""Buying by a payment link."""
