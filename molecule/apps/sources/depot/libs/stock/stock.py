"""What is in the depot."""

GOODS = ["bread", "salt"]
