"""Settings for production, on top of the settings of the project."""

import os
from pathlib import Path

from .settings import *  # noqa: F403

STATE = Path(os.environ["HOME"])

ALLOWED_HOSTS = ["shop.example.test"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": STATE / "db.sqlite3"}}
DEBUG = False
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
STATIC_ROOT = BASE_DIR / "staticfiles"  # noqa: F405
