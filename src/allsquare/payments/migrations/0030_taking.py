import allsquare.core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_several_invoices"),
        ("payments", "0029_transfers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Taking",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("under_way", models.PositiveSmallIntegerField(default=0)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.payment"
                    ),
                ),
            ],
            options={
                "db_table": "payment_taking",
            },
        ),
    ]
