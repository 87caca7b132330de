"""What pages show of one row, as frozen values: cards, histories, expected times, details."""
