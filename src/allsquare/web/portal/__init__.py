"""Customer pages: the pay page."""
