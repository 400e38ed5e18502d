import django.db.models.deletion
from django.db import migrations, models

import allsquare.core.ids


class Migration(migrations.Migration):
    dependencies = [("payments", "0020_attempts_by_number")]

    operations = [
        migrations.AddField(
            model_name="gatewayaccount",
            name="down_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gatewayaccount",
            name="probe_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gatewayaccount",
            name="probes",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="gatewayaccount",
            name="up_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="gateway_account",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.gatewayaccount",
            ),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="repeated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="GatewayTrouble",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("attempt_id", models.UUIDField()),
                ("status", models.CharField(max_length=16)),
                ("code", models.CharField(blank=True, default="", max_length=60)),
                ("message", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
                (
                    "gateway_account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="payments.gatewayaccount",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.organization",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "db_table": "gateway_trouble",
                "indexes": [
                    models.Index(
                        fields=["organization", "gateway_account", "at"], name="gateway_trouble_by_time"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("attempt_id",), name="gateway_trouble_once")],
            },
        ),
    ]
