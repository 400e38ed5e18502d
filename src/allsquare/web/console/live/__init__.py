"""Live pages: news of the event log to open pages by server-sent events.

``hub`` follows the log once for all streams of a process, ``stream`` is one open page's connection, ``views`` are the
addresses. What goes over the wire is only what *kind* of thing changed; the page asks anew for what it shows, and
every right is checked there again.
"""
