"""From a queued row to stored pictures: the only paid use of the Venice client."""
