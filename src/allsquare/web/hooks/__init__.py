"""Where payment providers deliver their webhooks."""
