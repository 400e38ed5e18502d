from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_paying"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="several_invoices",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
