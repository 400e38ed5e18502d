"""The first page: what came in, what is due, what needs a person; each part renewed while it is open."""
