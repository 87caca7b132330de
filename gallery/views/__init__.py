"""From a request to its answer: a module for each page, with the fragments of it."""
