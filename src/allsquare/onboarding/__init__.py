"""Bringing an organization in: the services of several packages, in the order in which they need each other."""
