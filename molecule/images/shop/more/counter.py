"""A module that is on the PYTHONPATH of the image."""

GREETING = "At your service."
