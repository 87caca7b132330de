"""One request varied: words to choose between, values on axes, what that makes, and what of it exists already."""
