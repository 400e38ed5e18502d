"""The doors: pages for staff and payers, and the webhooks of providers."""
