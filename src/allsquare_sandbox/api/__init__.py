"""The provider's HTTP API for merchants (``/v1``) and for those who make it misbehave (``/control``)."""
