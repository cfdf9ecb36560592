"""Runs between gunicorn and an application. The application needs no changes for it."""
