"""The site as gunicorn serves it, with the benchmark's floor view beside the site's own URLs."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
settings.ROOT_URLCONF = "tests.benchmarks.floor_urls"
settings.TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "templates")
application = get_wsgi_application()
