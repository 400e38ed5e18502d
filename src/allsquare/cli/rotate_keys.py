"""``allsquare rotate-keys``: after a new key was put in front of ``ALLSQUARE_ENCRYPTION_KEYS``."""

from __future__ import annotations

import argparse

from django.apps import apps

from allsquare.cli.database import database
from allsquare.core.encryption import EncryptedTextField, rotate_field


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(options: argparse.Namespace) -> int:
    with database():
        for model in apps.get_models():
            for field in model._meta.local_fields:
                if isinstance(field, EncryptedTextField):
                    print(
                        f"{model._meta.db_table}.{field.column}: {rotate_field(field)} values encrypted anew"
                    )
    return 0
