# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Will a flight arrive more than 15 minutes late?

Declares embedding columns, trains them on January to September 2013 with a
small dense head on top, tests them on October to December, saves the model and
serves it. README.md says more.
"""

import argparse
import json
import statistics
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

import embcol
import numpy as np

from features import PREVIOUS_FLIGHTS, Features, read_flights
from head import Head
from metrics import auc, log_loss, smoothed_rates
from plot import plot_destinations

LATE_MINUTES = 15
LAST_TRAINING_MONTH = 9
KNOWN_TAIL_FLIGHTS = 10  # Rarer planes share the out-of-vocabulary buckets.
FLIGHT_NUMBERS = 8501
SERVING_TOLERANCE = 1e-5

# By the names that --optimizer takes: how one is made, and the learning rate that
# was best in September after training on the months before.
OPTIMIZERS = {
    "adagrad": (embcol.Adagrad, 0.1),
    "adam": (embcol.Adam, 0.001),
    "ftrl": (embcol.FTRL, 0.3),
    "momentum": (partial(embcol.Momentum, momentum=0.9), 0.01),
    "rowwise_adagrad": (embcol.RowWiseAdagrad, 0.02),
    "sgd": (embcol.SGD, 0.02),
}


def main():
    options = parse_options()
    options.output.mkdir(parents=True, exist_ok=True)

    flights = read_flights(options.data)
    late = (flights["arr_delay"] > LATE_MINUTES).astype(np.float32)
    training = flights["month"] <= LAST_TRAINING_MONTH
    train, test = np.flatnonzero(training), np.flatnonzero(~training)
    print(f"{len(train):,} flights to train on, {len(test):,} to test on")

    features = Features(flights)
    airports = np.union1d(flights["origin"][train], flights["dest"][train])
    tails, tail_flights = np.unique(
        flights["tailnum"][train], return_counts=True
    )
    columns = declare_columns(
        carriers=np.unique(flights["carrier"][train]),
        airports=airports,
        tails=tails[tail_flights >= KNOWN_TAIL_FLIGHTS],
        dimension=options.dimension,
        directory=options.output,
    )
    model = embcol.compile(
        columns,
        mode="training",
        optimizer=make_optimizer(options.optimizer, options.learning_rate),
        seed=options.seed,
    )
    classifier = Classifier(model, Head(width(columns), seed=options.seed))
    seconds = train_epochs(classifier, features, late, train, options)

    predicted = predict(classifier, features, test)
    metrics = compare(late, train, test, predicted, carrier_and_hour(flights))
    metrics |= seconds

    classifier.save(options.output)
    served = predict(Classifier.serve(options.output), features, test)
    difference = float(np.abs(served - predicted).max())
    print(f"Served predictions differ by {difference:.1e} at most")

    (options.output / "metrics.json").write_text(
        json.dumps(metrics, indent=2) + "\n"
    )
    plot_destinations(
        airports,
        model.tables["dest_origin_shared_embedding"],
        flights["dest"][train],
        late[train],
        options.output / "destinations.png",
    )
    print(f"Wrote {options.output}/metrics.json and destinations.png")
    if not difference <= SERVING_TOLERANCE:
        sys.exit("error: serving does not predict what training did")


def parse_options():
    data = Path(__file__).parent / "data" / "flights-2013.csv.gz"
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, default=data, help="the flights")
    add("--output", type=Path, default=Path("build/flights"), help="a folder")
    add("--epochs", type=int, default=2, help="passes over the flights")
    add("--batch-size", type=int, default=1024, help="flights a step")
    add("--dimension", type=int, default=8, help="of every embedding")
    add(
        "--optimizer",
        choices=OPTIMIZERS,
        default="adagrad",
        help="of the embeddings",
    )
    add(
        "--learning-rate",
        type=float,
        help="of the embeddings; by default one that suits the optimizer",
    )
    add("--seed", type=int, default=0, help="of weights and shuffling")
    return parser.parse_args()


def make_optimizer(name, learning_rate=None):
    """Makes one of OPTIMIZERS, with this learning rate or its own."""
    make, own_rate = OPTIMIZERS[name]
    return make(own_rate if learning_rate is None else learning_rate)


def declare_columns(carriers, airports, tails, dimension, directory):
    """Declares the embedding columns, which together use all seven kinds.

    carriers, airports, tails: the words of the vocabularies, arrays of bytes.
    directory: where the vocabulary files are written.
    """
    carriers, airports, tails = (
        words.tolist() for words in (carriers, airports, tails)
    )
    airport_file = write_vocabulary(directory / "airports.txt", airports)
    tail_file = write_vocabulary(directory / "tails.txt", tails)

    carrier = embcol.categorical_column_with_vocabulary_list(
        "carrier", carriers
    )
    tail = embcol.categorical_column_with_vocabulary_file(
        "tail", tail_file, num_oov_buckets=16
    )
    origin = embcol.categorical_column_with_vocabulary_list("origin", airports)
    dest = embcol.categorical_column_with_vocabulary_list("dest", airports)
    hour = embcol.categorical_column_with_identity("hour", 24)
    weekday = embcol.categorical_column_with_identity("weekday", 7)
    flight = embcol.categorical_column_with_identity("flight", FLIGHT_NUMBERS)
    earlier_carriers = embcol.weighted_categorical_column(
        embcol.categorical_column_with_vocabulary_list(
            "earlier_carriers", carriers
        ),
        "hours_late",
    )
    last_destinations = embcol.sequence_categorical_column_with_vocabulary_file(
        "last_destinations", airport_file
    )
    last_origins = embcol.sequence_categorical_column_with_vocabulary_list(
        "last_origins", ["EWR", "JFK", "LGA"]
    )
    last_hours = embcol.sequence_categorical_column_with_identity(
        "last_hours", 24
    )
    return [
        *(
            embcol.embedding_column(column, dimension)
            for column in (carrier, tail, hour, weekday, flight)
        ),
        *embcol.shared_embedding_columns(
            [origin, dest],
            dimension,
            # Small at first, so that the picture shows what was learned.
            initializer=embcol.truncated_normal_initializer(stddev=0.05),
        ),
        embcol.embedding_column(earlier_carriers, dimension, combiner="sum"),
        *(
            embcol.embedding_column(
                column, dimension, max_sequence_length=PREVIOUS_FLIGHTS
            )
            for column in (last_destinations, last_origins, last_hours)
        ),
    ]


def write_vocabulary(path, words):
    path.write_bytes(b"".join(word + b"\n" for word in words))
    return str(path)


class Classifier:
    """Embedding columns and a dense head on top of them."""

    def __init__(self, model, head):
        self.model = model
        self.head = head
        self.embcol_seconds = 0.0

    def predict(self, batch):
        """Returns the probabilities [batch] that the flights are late."""
        return self.head.predict(join(self.model.lookup(batch)))

    def train(self, batch, labels):
        """Learns from a batch; returns what it predicted before."""
        head_seconds = 0.0

        def gradient_fn(outputs):
            nonlocal head_seconds
            start = perf_counter()
            predicted, gradient = self.head.train(join(outputs), labels)
            gradients = split(gradient, outputs)
            head_seconds = perf_counter() - start
            return predicted, gradients

        start = perf_counter()
        predicted = self.model.step(batch, gradient_fn)
        self.embcol_seconds += perf_counter() - start - head_seconds
        return predicted

    def save(self, directory):
        self.model.save(str(directory / "model"))
        self.head.save(directory / "head.npz")

    @classmethod
    def serve(cls, directory):
        """Loads what `save` wrote, to predict only."""
        model = embcol.load(str(directory / "model")).to_serving()
        return cls(model, Head.load(directory / "head.npz"))


def width(columns):
    """The width of what `join` makes of the columns' outputs."""
    return sum(
        column.dimension * max(1, column.max_sequence_length)
        for column in columns
    )


def join(outputs):
    """Joins what a lookup returned into one array [batch, width].

    A sequence gives its steps side by side. Steps past its end are zeros, so
    that its length adds nothing.
    """
    arrays = [array_of(output) for output in outputs.values()]
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1)


def split(gradient, outputs):
    """Splits the gradient [batch, width] of `join` by column, as views."""
    shapes = {name: array_of(out).shape for name, out in outputs.items()}
    ends = np.cumsum([np.prod(shape[1:]) for shape in shapes.values()])
    parts = np.split(gradient, ends[:-1], axis=1)
    return {
        name: part.reshape(shape)
        for (name, shape), part in zip(shapes.items(), parts)
    }


def array_of(output):
    """The array of a column's output, without the lengths of a sequence."""
    return output[0] if isinstance(output, tuple) else output


def train_epochs(classifier, features, labels, rows, options):
    """Trains on the flights `rows`; returns the seconds of a median epoch."""
    random = np.random.default_rng(options.seed)
    seconds, embcol_seconds = [], []
    for epoch in range(1, options.epochs + 1):
        start, classifier.embcol_seconds = perf_counter(), 0.0
        shuffled = random.permutation(rows)
        predicted = [
            classifier.train(features.take(batch), labels[batch])
            for batch in progress(batches(shuffled, options.batch_size))
        ]
        seconds.append(perf_counter() - start)
        embcol_seconds.append(classifier.embcol_seconds)
        loss = log_loss(labels[shuffled], np.concatenate(predicted))
        print(
            f"epoch {epoch}/{options.epochs}: log loss {loss:.4f}, "
            f"{seconds[-1]:.2f} s, of which embcol {embcol_seconds[-1]:.2f} s"
        )
    return {
        "epoch_seconds": statistics.median(seconds),
        "embcol_seconds": statistics.median(embcol_seconds),
    }


def batches(rows, size):
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]


def progress(items, width=40):
    """Yields the items, and draws a bar on a terminal meanwhile."""
    terminal = sys.stderr.isatty()
    drawn = -1
    for done, item in enumerate(items):
        yield item
        filled = width * (done + 1) // len(items)
        if terminal and filled > drawn:
            bar = "#" * filled + "." * (width - filled)
            print(f"\r[{bar}]", end="", file=sys.stderr, flush=True)
            drawn = filled
    if terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def predict(classifier, features, rows, batch_size=8192):
    return np.concatenate(
        [
            classifier.predict(features.take(batch))
            for batch in batches(rows, batch_size)
        ]
    )


def carrier_and_hour(flights):
    """Numbers the pairs of a carrier and a scheduled hour: int64 [flights]."""
    carrier = np.unique(flights["carrier"], return_inverse=True)[1]
    return carrier * 24 + flights["sched_dep_time"] // 100


def compare(labels, train, test, predicted, groups):
    """Prints how good predictions for `test` are, and simpler ones."""
    base_rate = np.full(len(test), labels[train].mean())
    table = smoothed_rates(groups[train], labels[train], groups[test])
    print("on the test flights        log loss      AUC")
    metrics = {}
    for key, name, probabilities in (
        ("base_rate", "base rate", base_rate),
        ("table", "carrier and hour, a table", table),
        ("test", "embedding columns", predicted),
    ):
        loss = metrics[f"{key}_log_loss"] = log_loss(
            labels[test], probabilities
        )
        area = metrics[f"{key}_auc"] = auc(labels[test], probabilities)
        print(f"{name:25}  {loss:8.4f} {area:8.4f}")
    return metrics


if __name__ == "__main__":
    main()
