"""The kill loop: real processes under real work, killed at random; then everything is counted and compared.

``python -m tests.faults.soak`` runs it. One way to read the package: ``decisions`` (what will be done, from the seed
alone), ``installation`` (the processes, and their deaths), ``surfer``, ``desk`` and ``payer`` (who works),
``acknowledged`` (what they were told), ``killer``, ``rest`` (time passes until nothing is open), ``findings`` (lost,
doubled, stuck), ``books`` with ``their_books`` and ``our_books`` (both sides, object by object), ``report``.
"""
