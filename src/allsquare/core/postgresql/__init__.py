"""Django's backend for PostgreSQL, which hears that a connection is dead before it asks (see ``base``)."""
