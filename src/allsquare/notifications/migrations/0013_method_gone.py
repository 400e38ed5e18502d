from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0012_open_link"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice", "Invoice"),
                    ("credit_note", "Credit note"),
                    ("receipt", "Receipt"),
                    ("payment_pending", "Payment pending"),
                    ("payment_failed", "Payment failed"),
                    ("refund", "Refund"),
                    ("method_link", "Link to saved payment methods"),
                    ("open_link", "Link to all that is open"),
                    ("method_expiring", "Saved card ends soon"),
                    ("method_gone", "Saved payment method ended"),
                    ("autopay_planned", "Will be charged"),
                    ("autopay_failed", "Could not be charged"),
                    ("statement", "Statement of account"),
                    ("payment_notice", "Payment notice"),
                    ("attention", "Attention"),
                    ("invitation", "Invitation"),
                    ("security", "Security notice"),
                ],
                max_length=40,
            ),
        ),
    ]
