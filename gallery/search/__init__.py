"""Finding pictures and prompts by what people type: read into a query, a query into a condition for each database."""

from gallery.search.query import MAX_QUERY, Query, parse, prompt_ids

__all__ = ["MAX_QUERY", "Query", "parse", "prompt_ids"]
