"""The first page of an organization, read in a handful of statements whose cost does not grow with its history.

``money_in`` is what came, ``money_due`` what is owed and expected, ``needs`` what waits for a person. Sums are made of
daily ones. The database reads those from indexes alone while little was booked; then they are kept behind the postings
and what was booked since is added by who reads (``kept``), so nothing can be out of date.
"""
