"""Filters and tags of the templates: how values are written, and what a page asks for beside its context."""
