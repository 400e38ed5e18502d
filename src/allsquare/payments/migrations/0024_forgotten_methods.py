from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0023_payment_shares"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentmethod",
            name="forgotten_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
