"""Help inside the console: texts from ``docs/help``, found by the address of the page that asks."""
