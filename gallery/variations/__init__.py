"""How one form becomes many requests: words to choose between, and what else is varied."""
