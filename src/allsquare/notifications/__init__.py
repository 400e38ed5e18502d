"""Mails: who is told what, once."""
