"""Profiles of land: mountains and waves of hills."""

import math
from itertools import pairwise
from random import Random

from venice.emulator.canvas import Canvas, Point


def ridge_line(c: Canvas, y: float, tall: float, rough: float, random: Random | None = None) -> list[Point]:
    """A mountain profile from left to right by displacing midpoints; `tall` is its height above y."""
    chance = random or c.chance
    heights = [chance.random(), chance.random(), chance.random()]
    swing = 0.5
    while len(heights) < 257:
        swing *= rough
        grown: list[float] = []
        for left, right in pairwise(heights):
            grown += [left, (left + right) / 2 + chance.uniform(-swing, swing)]
        heights = [*grown, heights[-1]]
    step = (c.w + 4) / (len(heights) - 1)
    return [(-2 + step * index, y - tall * height) for index, height in enumerate(heights)]


def wave_line(c: Canvas, y: float, tall: float, waves: float) -> list[Point]:
    """A soft profile: three sines with random phases."""
    parts = [(c.chance.uniform(0.6, 1.2) * waves * n, c.chance.uniform(0, 6.3), 1 / n) for n in (1, 2, 3.1)]
    points = []
    for step in range(129):
        u = step / 128
        height = sum(math.sin(u * 6.28 * speed + phase) * share for speed, phase, share in parts)
        points.append((-2 + (c.w + 4) * u, y - tall * height * 0.6))
    return points
