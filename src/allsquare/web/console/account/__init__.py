"""Everything that is a person's own: signing up and in, second factors, sessions, organizations."""
