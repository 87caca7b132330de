"""Believable pretend data, for trying, measuring and photographing the gallery with many pictures."""

from gallery.synthetic.rows import MAX_IMAGES, fill

__all__ = ["MAX_IMAGES", "fill"]
