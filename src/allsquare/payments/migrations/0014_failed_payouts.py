from django.db import migrations, models

SAFE = "Providers pay out once a day: the few rows are checked in a moment."


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_autopay"),
    ]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="state",
            field=models.CharField(db_default="paid", default="paid", max_length=10),
        ),
        migrations.AddField(
            model_name="payout",
            name="sending",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="payout",
            name="failure_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddField(
            model_name="payout",
            name="failure_message",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="payout",
            name="failed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="payout",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                fields=("gateway_account", "reference", "sending"), name="payout_sending_once"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="payout_reference_once",
        ),
    ]
