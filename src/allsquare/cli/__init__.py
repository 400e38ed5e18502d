"""The ``allsquare`` command."""
