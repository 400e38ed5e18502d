"""The one list component of the console: an address is read, its page is found, and rows are drawn.

What a list *is* stands in the ``lists.py`` of the package that owns it; how it looks here, in :mod:`looks`.
"""
