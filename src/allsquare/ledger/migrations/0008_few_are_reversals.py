import django.db.models.deletion
from django.db import migrations, models

SAFE = (
    "The index that goes is large, holds next to nothing, and is dropped in a moment; its follower is there."
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_reversals")]

    operations = [
        migrations.AlterField(
            model_name="journalentry",
            name="reverses",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
            ),
        ),
    ]
