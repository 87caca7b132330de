"""Stored pictures: files by content, thumbnails, and serving them to members."""
