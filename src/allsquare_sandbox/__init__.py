"""A payment provider that can be broken on purpose: its own process and store, spoken to over HTTP only.

It plays the other company. So it imports nothing of ``allsquare`` and is never imported by it.
"""
