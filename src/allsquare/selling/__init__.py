"""Payment links: something is sold without an invoice being written first."""
