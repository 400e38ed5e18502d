"""Reads only: what the facts say about the whole."""
