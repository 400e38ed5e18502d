from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []

    # It has no IF NOT EXISTS: whoever runs it a second time is told.
    operations = [migrations.RunSQL("ALTER TABLE busy ADD COLUMN more text", migrations.RunSQL.noop)]
