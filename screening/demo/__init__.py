"""The demo's search files: a seeded generator of five database exports, and the truth behind each record."""
