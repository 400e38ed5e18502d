"""Allsquare: an open-source, self-hosted integrated payment system."""
