"""Finding pictures and prompts by what people type: read into a query, a query into a condition for each database."""

from gallery.search.dates import read_span
from gallery.search.dialects import document_query, is_left_over, left_over, prompt_ids
from gallery.search.document import columns
from gallery.search.filters import Filter, Link, Vocabulary
from gallery.search.names import labelled
from gallery.search.problems import Problem
from gallery.search.query import MAX_QUERY, MAX_WORDS, Query, Words, cleaned, parse
from gallery.search.terms import Term, exchange, operator, renamed, terms

__all__ = [
    "MAX_QUERY",
    "MAX_WORDS",
    "Filter",
    "Link",
    "Problem",
    "Query",
    "Term",
    "Vocabulary",
    "Words",
    "cleaned",
    "columns",
    "document_query",
    "exchange",
    "is_left_over",
    "labelled",
    "left_over",
    "operator",
    "parse",
    "prompt_ids",
    "read_span",
    "renamed",
    "terms",
]
