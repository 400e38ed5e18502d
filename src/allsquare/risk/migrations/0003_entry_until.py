"""What a refusal puts on the list of blocked ends by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_declines")]

    operations = [
        migrations.AddField(
            model_name="riskentry", name="until", field=models.DateTimeField(blank=True, null=True)
        ),
    ]
