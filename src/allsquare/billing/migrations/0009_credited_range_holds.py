"""No invoice of before has credit notes, so the range holds for all; asked without stopping anybody."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_owing")]

    operations = [ValidateConstraint(model_name="invoice", name="invoice_credited_range")]
