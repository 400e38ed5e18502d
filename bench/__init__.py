"""Figures of speed that anybody can repeat: ``make bench``. See ``docs/performance.md``."""
