"""An organization after years of business, written by set-based SQL in minutes: see :func:`build.build`."""
