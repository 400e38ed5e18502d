from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0035_money_of_others"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="payoutitem",
            index=models.Index(
                condition=models.Q(("others_fee_minor", 0), ("others_minor", 0), _negated=True),
                fields=["organization", "about"],
                name="payout_item_of_others",
            ),
        ),
        AddIndexConcurrently(
            model_name="payoutitem",
            index=models.Index(
                condition=models.Q(("kind", "payout")),
                fields=["organization", "reference"],
                name="payout_item_of_payout",
            ),
        ),
    ]
