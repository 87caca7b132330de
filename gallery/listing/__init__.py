"""Pages of many rows: the list that the address names, its tiles and rows, and the pages beside it."""
