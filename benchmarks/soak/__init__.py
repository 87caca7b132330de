"""Load, hostile answers, slow strangers and random kills; at the end every promise is checked. See `__main__.py`."""
