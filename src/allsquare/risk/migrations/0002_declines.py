"""How many cards were declined on the page of one attempt."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="riskassessment",
            name="declines",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
    ]
