"""One request varied: what its values may be, what that makes, and what of it exists already."""
