"""A Python client of the Venice.ai image API."""
