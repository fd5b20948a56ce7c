# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The flights of 2013, and the features that the columns take from them."""

import gzip

import numpy as np
from embcol import Ragged

PREVIOUS_FLIGHTS = 5
TEXT_COLUMNS = {"carrier": "S2", "tailnum": "S6", "origin": "S3", "dest": "S3"}
MINUTES_A_DAY = 24 * 60


def read_flights(path):
    """Reads the flights that arrived, in the order of their schedule.

    Returns a dict of arrays [flights]: the columns of the file (texts as bytes,
    the others as int64) and `scheduled`, the local time of the scheduled
    departure, datetime64[m]. Cancelled and diverted flights have no arrival
    delay and are left out.
    """
    with gzip.open(path) as file:
        header, _, body = file.read().partition(b"\n")
    names = header.decode().split(",")
    cells = np.array(body.rstrip().replace(b"\n", b",").split(b","))
    columns = dict(zip(names, cells.reshape(-1, len(names)).T))

    arrived = columns["arr_delay"] != b"NA"
    flights = {
        name: column[arrived].astype(TEXT_COLUMNS.get(name, np.int64))
        for name, column in columns.items()
    }
    month = np.datetime64("2013-01") + (flights["month"] - 1)
    hour, minute = np.divmod(flights["sched_dep_time"], 100)
    flights["scheduled"] = (
        month.astype("M8[D]") + (flights["day"] - 1)
    ).astype("M8[m]") + (60 * hour + minute)
    flights["tailnum"][flights["tailnum"] == b"NA"] = b""
    order = np.argsort(flights["scheduled"], kind="stable")
    return {name: column[order] for name, column in flights.items()}


def previous_in_group(groups, count):
    """Finds, for each row, the rows of the same group before it.

    groups: [rows]; rows of the group b"" have nothing before them.
    Returns int64 [rows, count]: row numbers, the latest first, -1 for none.
    """
    order = np.argsort(groups, kind="stable")
    previous = np.full((len(groups), count), -1)
    for back in range(1, count + 1):
        row, earlier = order[back:], order[:-back]
        same = (groups[row] == groups[earlier]) & (groups[row] != b"")
        previous[row[same], back - 1] = earlier[same]
    return previous


def earlier_that_day(airports, scheduled, candidates, earliest, latest):
    """Finds the candidates that leave the same airport a while before a flight.

    airports: [flights]; scheduled: datetime64[m] [flights]; candidates: row
    numbers; earliest, latest: how long before, in minutes, both included.
    Returns order, begin, end: the candidates before flight i are
    order[begin[i]:end[i]].
    """
    airport = np.unique(airports, return_inverse=True)[1]
    day, minute = np.divmod(scheduled.astype(np.int64), MINUTES_A_DAY)
    day -= day.min()
    # A night as long as the day keeps each day at each airport to itself.
    clock = (airport * (day.max() + 1) + day) * 2 * MINUTES_A_DAY + minute
    order = candidates[np.argsort(clock[candidates], kind="stable")]
    begin = np.searchsorted(clock[order], clock - earliest, side="left")
    end = np.searchsorted(clock[order], clock - latest, side="right")
    return order, begin, end


class Features:
    """The features of all flights; `take` makes a batch of some of them."""

    def __init__(self, flights):
        scheduled = flights["scheduled"]
        hour = flights["sched_dep_time"] // 100
        days = scheduled.astype("M8[D]").astype(np.int64)
        previous = previous_in_group(flights["tailnum"], PREVIOUS_FLIGHTS)

        def of_previous(column, missing):
            return np.where(previous >= 0, column[previous], missing)

        self.dense = {
            "carrier": flights["carrier"],
            "tail": flights["tailnum"],
            "origin": flights["origin"],
            "dest": flights["dest"],
            "flight": flights["flight"],
            "hour": hour,
            "weekday": (days + 3) % 7,  # 1970-01-01 was a Thursday; 0 is Monday
            "last_destinations": of_previous(flights["dest"], b""),
            "last_origins": of_previous(flights["origin"], b""),
            "last_hours": of_previous(hour, -1),
        }
        # An hour after schedule, an hour of a delay is known.
        hours_late = (
            np.clip(flights["dep_delay"], 0, 60).astype(np.float32) / 60
        )
        order, self._begin, self._end = earlier_that_day(
            flights["origin"], scheduled, np.arange(len(hour)), 180, 60
        )
        self._earlier_carriers = flights["carrier"][order]
        self._hours_late = hours_late[order]

    def take(self, rows):
        """Returns the features of the flights `rows`, as embcol takes them."""
        batch = {key: column[rows] for key, column in self.dense.items()}
        begin = self._begin[rows]
        lengths = self._end[rows] - begin
        splits = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=splits[1:])
        entries = np.repeat(begin - splits[:-1], lengths)
        entries += np.arange(splits[-1])
        batch["earlier_carriers"] = Ragged(
            self._earlier_carriers[entries], splits
        )
        batch["hours_late"] = Ragged(self._hours_late[entries], splits)
        return batch
