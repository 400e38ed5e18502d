import allsquare.core.fields
import allsquare.core.ids
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_several_invoices"),
        ("payments", "0030_taking"),
    ]

    operations = [
        migrations.CreateModel(
            name="DisputeFee",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("amount_minor", allsquare.core.fields.MinorField()),
                ("created_at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fees",
                        to="payments.dispute",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="identity.organization",
                    ),
                ),
            ],
            options={
                "db_table": "dispute_fee",
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="disputefee",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="7b21535d2541fad28ca50e760a00d69d1ea9ae24",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c440e",
                    table="dispute_fee",
                    when="BEFORE",
                ),
            ),
        ),
    ]
