"""Reads only, and keeps what it found: what the facts say about the whole."""
