# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws the learned embedding of the destinations."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FONT_SIZE = 8  # points, like all lengths below
LABEL = np.array([9.5, 4.5])  # half the width and height of an airport code


def plot_destinations(airports, table, destinations, late, path):
    """Draws the airports that are destinations, in two dimensions.

    airports: bytes [n] with the rows of table [>= n, dimension].
    destinations: bytes [flights], and late: 0 or 1 [flights].
    """
    row = np.searchsorted(airports, destinations)
    traffic = np.bincount(row, minlength=len(airports))
    order = np.argsort(-traffic, kind="stable")[: np.count_nonzero(traffic)]
    lateness = np.bincount(row, weights=late, minlength=len(airports))[order]
    airports, traffic = airports[order].astype(str), traffic[order]
    points = principal_plane(table[order], traffic)
    diameters = 3 + np.sqrt(traffic) / 8

    figure = Figure(figsize=(12, 9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    dots = axes.scatter(
        *points.T,
        s=diameters**2,
        c=100 * lateness / traffic,
        cmap="viridis_r",
        vmin=10,
        vmax=35,
        alpha=0.8,
        linewidths=0,
    )
    figure.colorbar(
        dots, label="flights over 15 minutes late, %", extend="both", aspect=40
    )
    axes.set_title(
        "Where flights from New York go, as the model sees it: "
        "two main axes of the embedding; size by traffic"
    )
    axes.set(xticks=[], yticks=[])
    axes.margins(0.06)
    figure.draw_without_rendering()
    in_points = axes.transData.transform(points) * 72 / figure.dpi
    offsets = free_places(in_points, diameters / 2) - in_points
    for airport, point, offset in zip(airports, points, offsets):
        axes.annotate(
            airport,
            point,
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=FONT_SIZE,
        )
    figure.savefig(path, dpi=120)


def principal_plane(points, weights):
    """Projects points [n, dimension] onto their two main axes: [n, 2]."""
    centred = points - np.average(points, axis=0, weights=weights)
    scaled = centred * np.sqrt(weights)[:, None]
    _, _, axes = np.linalg.svd(scaled, full_matrices=False)
    return centred @ axes[:2].T


def free_places(centres, radii):
    """Finds for each dot, in turn, a place near it that is free for its label.

    centres: [n, 2] of dots with radii [n]. Returns the labels' centres [n, 2].
    """
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    taken = centres
    extents = np.stack([radii, radii], axis=1)
    places = []
    for centre, radius in zip(centres, radii):
        distances = radius + np.arange(1, 80, 3)
        candidates = centre + (
            distances[:, None, None] * directions + directions * LABEL
        ).reshape(-1, 2)
        gaps = np.abs(candidates[:, None] - taken) - (extents + LABEL)
        free = ~(gaps < 0).all(axis=2).any(axis=1)
        place = candidates[np.argmax(free)]
        places.append(place)
        taken = np.vstack([taken, place])
        extents = np.vstack([extents, LABEL])
    return np.array(places)
