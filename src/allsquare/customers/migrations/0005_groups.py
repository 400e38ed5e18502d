import django.db.models.deletion
from django.db import migrations, models

import allsquare.core.ids


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_words_cut_here")]

    operations = [
        migrations.CreateModel(
            name="CustomerGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.organization",
                    ),
                ),
            ],
            options={
                "db_table": "customer_group",
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "name"), name="customer_group_name_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="customer",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.customergroup",
            ),
        ),
    ]
