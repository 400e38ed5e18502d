"""``allsquare rotate-keys``: after a new key was put in front of ``ALLSQUARE_ENCRYPTION_KEYS``."""

from __future__ import annotations

import argparse

from django.apps import apps

from allsquare.cli.database import database
from allsquare.core.encryption import EncryptedTextField, rotate_field
from allsquare.core.sealer import seal_parked, sign_heads_anew
from allsquare.identity.services.rotate_second_factors import rotate_second_factors


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
        print(f"second factors: {rotate_second_factors()} secrets encrypted anew")
        print(f"event_chain: {sign_heads_anew()} heads signed anew")
        print(f"event_seal: {seal_parked()} events sealed that were waiting for their key")
    return 0
