"""What the shop finds by the path that its image sets."""

GREETING = "At your service."
