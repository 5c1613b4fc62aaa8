"""Reads of the screening app, one module per noun. Each returns a QuerySet or frozen dataclasses and never writes."""
