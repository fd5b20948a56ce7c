# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parts of the example, checked against figures worked out by hand."""

import gzip
import json

import embcol
import numpy as np
import pytest

import flights as flights_job
from features import Features, previous_in_group, read_flights
from head import Head
from metrics import auc, log_loss, smoothed_rates
from plot import free_places, principal_plane

HEADER = (
    "month,day,sched_dep_time,dep_delay,arr_delay,"
    "carrier,flight,tailnum,origin,dest,distance"
)
# In the order of the file, which is not that of the schedule.
ROWS = """\
10,1,600,5,5,UA,1,N1,EWR,BOS,200
1,1,600,30,20,UA,10,N1,EWR,BOS,200
1,1,630,-5,-9,B6,11,N2,EWR,ORD,719
1,1,705,NA,NA,DL,12,N1,EWR,ATL,746
1,1,700,90,99,AA,13,N3,EWR,MIA,1085
1,1,800,15,16,UA,14,N1,EWR,ORD,719
1,1,830,0,0,B6,15,N2,JFK,SJU,1598
1,1,901,1,1,AA,16,NA,EWR,DFW,1372
1,2,800,1,1,B6,17,NA,EWR,BOS,200
1,2,2359,1,1,UA,18,N1,JFK,LAX,2475
"""


@pytest.fixture
def flights(tmp_path):
    path = tmp_path / "flights.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{ROWS}".encode()))
    return read_flights(path)


@pytest.fixture
def features(flights):
    return Features(flights)


def test_flights_that_arrived_are_read_in_order_of_schedule(flights):
    assert flights["flight"].tolist() == [10, 11, 13, 14, 15, 16, 17, 18, 1]
    assert flights["scheduled"][[0, 7, 8]].tolist() == [
        np.datetime64(time).item()
        for time in ("2013-01-01T06:00", "2013-01-02T23:59", "2013-10-01T06:00")
    ]
    assert flights["carrier"][2] == b"AA"
    assert flights["dep_delay"][1] == -5


def test_a_missing_tail_number_is_empty(flights):
    assert flights["tailnum"][[5, 6]].tolist() == [b"", b""]


def test_hour_and_weekday(features):
    batch = features.take(np.array([0, 5, 7, 8]))
    assert batch["hour"].tolist() == [6, 9, 23, 6]
    # A Tuesday, and the next day; the first of October was a Tuesday too.
    assert batch["weekday"].tolist() == [1, 1, 2, 1]


def test_previous_in_group_finds_the_latest_first():
    groups = np.array([b"a", b"b", b"a", b"", b"a", b"b", b""])
    assert previous_in_group(groups, 2).tolist() == [
        [-1, -1],
        [-1, -1],
        [0, -1],
        [-1, -1],
        [2, 0],
        [1, -1],
        [-1, -1],
    ]


def test_last_flights_of_a_plane(features):
    batch = features.take(np.array([0, 3, 6, 8]))
    assert batch["last_destinations"].tolist() == [
        [b"", b"", b"", b"", b""],
        [b"BOS", b"", b"", b"", b""],
        [b"", b"", b"", b"", b""],
        [b"LAX", b"ORD", b"BOS", b"", b""],
    ]
    assert batch["last_origins"][3].tolist() == [
        b"JFK",
        b"EWR",
        b"EWR",
        b"",
        b"",
    ]
    assert batch["last_hours"].tolist() == [
        [-1, -1, -1, -1, -1],
        [6, -1, -1, -1, -1],
        [-1, -1, -1, -1, -1],
        [23, 8, 6, -1, -1],
    ]


def test_earlier_carriers_one_to_three_hours_earlier(features):
    rows = np.array([5, 0, 3, 4, 6])
    batch = features.take(rows)
    carriers, late = batch["earlier_carriers"], batch["hours_late"]
    # 9:01 sees 6:01 to 8:01, 8:00 sees 5:00 to 7:00, each with both its ends;
    # nothing is seen of another airport or day.
    assert carriers.row_splits.tolist() == [0, 3, 3, 6, 6, 6]
    assert carriers.values.tolist() == [b"B6", b"AA", b"UA"] + [
        b"UA",
        b"B6",
        b"AA",
    ]
    assert late.row_splits.tolist() == carriers.row_splits.tolist()
    # Of 90 minutes, 60 are known an hour after schedule.
    assert late.values.tolist() == [0.0, 1.0, 0.25, 0.5, 0.0, 1.0]
    assert late.values.dtype == np.float32


def test_a_batch_without_earlier_carriers(features):
    batch = features.take(np.array([0, 8]))
    assert batch["earlier_carriers"].row_splits.tolist() == [0, 0, 0]
    assert len(batch["hours_late"].values) == 0


def summed_log_loss(head, inputs, labels):
    return len(labels) * log_loss(labels, head.predict(inputs))


def test_gradients_of_the_head_are_the_numerical_ones():
    random = np.random.default_rng(1)
    inputs = random.normal(size=(7, 5))
    labels = np.array([0, 1, 0, 0, 1, 1, 0], np.float64)
    head = Head(inputs=5, hidden=4)
    head.parameters = random.normal(size=head.parameters.shape)

    probabilities, *gradients = head.gradients(inputs, labels)
    np.testing.assert_array_equal(probabilities, head.predict(inputs))
    for values, gradient in zip((head.parameters, inputs), gradients):
        numerical = np.empty_like(values)
        for index in np.ndindex(values.shape):
            value, losses = values[index], []
            for changed in (value - 1e-6, value + 1e-6):
                values[index] = changed
                losses.append(summed_log_loss(head, inputs, labels))
            values[index] = value
            numerical[index] = (losses[1] - losses[0]) / 2e-6
        np.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=1e-7)


def test_the_first_step_of_adam_is_the_learning_rate():
    head = Head(inputs=1, hidden=1, learning_rate=0.5)
    before = head.parameters.copy()
    head.update(np.array([2, -3, 0.1, 0], np.float32))
    np.testing.assert_allclose(
        head.parameters - before, [-0.5, 0.5, -0.5, 0], rtol=1e-5
    )


def test_the_head_learns_and_stays_in_float32():
    random = np.random.default_rng(2)
    inputs = random.normal(size=(256, 4)).astype(np.float32)
    labels = (inputs[:, 0] * inputs[:, 1] > 0).astype(np.float32)
    head = Head(inputs=4, learning_rate=0.01)
    before = summed_log_loss(head, inputs, labels)
    for _ in range(200):
        probabilities, gradient = head.train(inputs, labels)
    assert probabilities.dtype == gradient.dtype == np.float32
    assert head.parameters.dtype == np.float32
    assert summed_log_loss(head, inputs, labels) < before / 4


def test_a_saved_head_predicts_the_same(tmp_path):
    head = Head(inputs=3, hidden=2, seed=4)
    head.save(tmp_path / "head.npz")
    inputs = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(
        Head.load(tmp_path / "head.npz").predict(inputs), head.predict(inputs)
    )


def test_log_loss():
    labels = np.array([1, 0])
    loss = log_loss(labels, np.array([0.5, 0.75]))
    assert loss == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert np.isfinite(log_loss(labels, np.array([0.0, 1.0])))


def test_auc_counts_ties_as_half():
    labels = np.array([1, 0, 1, 0, 0])
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    # 0.9 beats three; 0.5 beats one and ties with two: (3 + 1 + 2/2) / 6.
    assert auc(labels, scores) == pytest.approx(5 / 6)
    assert auc(labels, np.zeros(5)) == 0.5


def test_smoothed_rates():
    rates = smoothed_rates(
        groups=np.array([0, 0, 0, 1]),
        labels=np.array([1, 1, 0, 0]),
        new_groups=np.array([1, 0, 5]),
        prior_weight=2,
    )
    # The overall rate is 1/2: (0 + 1) / (1 + 2), (2 + 1) / (3 + 2), 1 / 2.
    np.testing.assert_allclose(rates, [1 / 3, 3 / 5, 1 / 2])


def test_principal_plane_keeps_what_lies_in_a_plane():
    random = np.random.default_rng(3)
    flat = random.normal(size=(6, 2))
    basis = np.linalg.qr(random.normal(size=(5, 2)))[0]
    projected = principal_plane(flat @ basis.T + 3, np.arange(1, 7))
    distances = np.linalg.norm(flat[:, None] - flat, axis=2)
    np.testing.assert_allclose(
        np.linalg.norm(projected[:, None] - projected, axis=2), distances
    )


def test_labels_do_not_overlap():
    centres = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [100.0, 0.0]])
    places = free_places(centres, np.full(4, 3.0))
    gaps = np.abs(places[:, None] - places) - 2 * np.array([9.5, 4.5])
    apart = (gaps >= 0).any(axis=2)
    assert apart[~np.eye(4, dtype=bool)].all()


@pytest.fixture
def options(monkeypatch):
    """Parses arguments of the command line."""

    def parse(*arguments):
        monkeypatch.setattr("sys.argv", ["flights.py", *arguments])
        return flights_job.parse_options()

    return parse


def test_the_optimizer_and_its_learning_rate(options):
    def make(*arguments):
        chosen = options(*arguments)
        return flights_job.make_optimizer(
            chosen.optimizer, chosen.learning_rate
        )

    assert make() == embcol.Adagrad(0.1)
    assert make("--optimizer", "ftrl") == embcol.FTRL(0.3)
    assert make("--optimizer", "momentum", "--learning-rate", "0.5") == (
        embcol.Momentum(0.5, 0.9)
    )


def test_a_wrong_optimizer_is_refused_by_name(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        options("--optimizer", "adagard")
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert "'adagard'" in message
    for name in flights_job.OPTIMIZERS:
        assert name in message


@pytest.mark.parametrize("name", flights_job.OPTIMIZERS)
def test_every_optimizer_learns(name, features):
    """A table of hours alone, under a head that stays as it is."""
    hour = embcol.categorical_column_with_identity("hour", 24)
    column = embcol.embedding_column(hour, 4)
    model = embcol.compile([column], optimizer=flights_job.make_optimizer(name))
    head = Head(inputs=4, learning_rate=0.0)
    classifier = flights_job.Classifier(model, head)
    batch = features.take(np.arange(9))
    labels = (batch["hour"] > 7).astype(np.float32)
    losses = [
        log_loss(labels, classifier.train(batch, labels)) for _ in range(20)
    ]
    assert model.global_step == 20
    assert losses[-1] < losses[0]
    assert classifier.embcol_seconds > 0


def test_the_whole_job(monkeypatch, tmp_path):
    """It leaves what it promises, and predicts as well as it promises."""
    monkeypatch.setattr("sys.argv", ["flights.py", "--output", str(tmp_path)])
    flights_job.main()
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["test_log_loss"] <= 0.485
    assert metrics["test_auc"] >= 0.69
    assert metrics["base_rate_log_loss"] == pytest.approx(0.530, abs=5e-4)
    assert metrics["table_log_loss"] == pytest.approx(0.513, abs=5e-4)
    assert 0 < metrics["embcol_seconds"] < metrics["epoch_seconds"]
    picture = (tmp_path / "destinations.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
