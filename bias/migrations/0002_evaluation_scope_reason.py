"""Why a study outside the instrument's scope is assessed with it, study by study."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bias", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="scope_reason",
            field=models.TextField(blank=True, help_text="Why it is assessed with this instrument all the same."),
        ),
    ]
