"""What stands between gunicorn and an application, which knows nothing of it."""
