"""Tips that are given at a reader get an invoice of their own."""

import allsquare.core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_rare_states"),
        ("identity", "0006_several_invoices"),
        ("payments", "0033_news_to_forget"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tip",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.payment"
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.invoice"
                    ),
                ),
            ],
            options={"db_table": "payment_tip"},
        ),
        migrations.AlterField(
            model_name="creditmovement",
            name="reason",
            field=models.CharField(
                choices=[
                    ("overpayment", "Overpayment"),
                    ("void_invoice", "Money for a void invoice"),
                    ("written_off", "Money for an invoice that is written off"),
                    ("on_account", "Paid on account"),
                    ("used", "Used for an invoice"),
                    ("refund", "Refund"),
                    ("refund_failed", "Refund that failed later"),
                    ("dispute", "Dispute lost"),
                    ("credit_note", "Paid, then credited"),
                    ("tip", "Tip at a reader"),
                ],
                max_length=20,
            ),
        ),
    ]
