"""Facts of the worked example's table and themes, and what two extractors entered first. Pure."""
