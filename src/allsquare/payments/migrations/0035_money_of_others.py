"""Of what a payout brings, some may be of others who use the same account at the provider."""

import allsquare.core.fields
import allsquare.core.ids
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_several_invoices"),
        ("payments", "0034_tips"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayoutOthers",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("amount_minor", allsquare.core.fields.MinorField()),
                ("fee_minor", allsquare.core.fields.MinorField()),
                ("created_at", models.DateTimeField()),
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
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="payments.payout",
                    ),
                ),
            ],
            options={
                "db_table": "payout_others",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="payout",
            name="others_fee_minor",
            field=allsquare.core.fields.MinorField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payout",
            name="others_minor",
            field=allsquare.core.fields.MinorField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="about",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="kind",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="others_fee_minor",
            field=allsquare.core.fields.MinorField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payoutitem",
            name="others_minor",
            field=allsquare.core.fields.MinorField(db_default=0, default=0),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutothers",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cc48f74620d41bd9d34650e13066a71e145d6e88",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_5aad9",
                    table="payout_others",
                    when="BEFORE",
                ),
            ),
        ),
    ]
