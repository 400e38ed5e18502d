import django.db.models.deletion
from django.db import migrations, models

SAFE = "The index that goes is a part of another one, and is dropped in a moment."


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0019_freed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="paymentattempt",
            name="payment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="payments.payment",
            ),
        ),
    ]
