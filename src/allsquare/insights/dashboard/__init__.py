"""The first page of an organization, read in a handful of statements whose cost does not grow with its history.

``money_in`` is what came, ``money_due`` what is owed and expected, ``needs`` what waits for a person. Sums are made of
daily ones that the database reads from indexes alone; nothing here is kept, so nothing can be out of date.
"""
