"""Reads of the core app: QuerySets and frozen dataclasses. Their number does not grow with the rows."""
