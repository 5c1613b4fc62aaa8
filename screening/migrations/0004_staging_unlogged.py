"""The staging table as cheap to write as can be, and lz4 for the long texts, where the server has it.

PostgreSQL compresses rows beyond 2 kB, which is most records; its old method takes longer than all the rest of storing them. Rows
that are there keep the method they have and stay readable.
"""

import django.db.models.deletion
from django.db import migrations, models

LONG_TEXTS = [
    ("screening_record", ("raw", "abstract")),
    ("screening_stagedrecord", ("raw", "abstract")),
]
PREFER_LZ4 = "DO $$ BEGIN %s EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN NULL; END $$"


def _alter(method: str) -> str:
    return " ".join(
        f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET COMPRESSION {method};'
        for table, columns in LONG_TEXTS
        for column in columns
    )


class Migration(migrations.Migration):
    dependencies = [("screening", "0003_import_questions_and_votes")]

    operations = [
        migrations.AlterField(
            model_name="stagedrecord",
            name="batch",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="staged_records",
                to="screening.importbatch",
            ),
        ),
        migrations.RunSQL(
            'ALTER TABLE "screening_stagedrecord" SET UNLOGGED', 'ALTER TABLE "screening_stagedrecord" SET LOGGED'
        ),
        migrations.RunSQL(PREFER_LZ4 % _alter("lz4"), _alter("default")),
    ]
