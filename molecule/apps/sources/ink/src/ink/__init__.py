"""The colour that notes are written in."""

COLOUR = "sepia"
