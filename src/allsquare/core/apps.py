from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models import UUIDField

from allsquare.core.lookups import Among
from allsquare.core.shared_time import set_clock


class CoreConfig(AppConfig):
    name = "allsquare.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        UUIDField.register_lookup(Among)
        connection_created.connect(set_clock, dispatch_uid="allsquare.core.shared_time")
