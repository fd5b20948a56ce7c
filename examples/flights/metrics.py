# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How good are predicted probabilities, and how good are simple ones?"""

import numpy as np


def log_loss(labels, probabilities):
    """Returns the mean negative log-likelihood of labels [n] of 0 and 1."""
    probabilities = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    return -np.log(np.where(labels, probabilities, 1 - probabilities)).mean()


def auc(labels, scores):
    """Returns the chance that a 1 scores higher than a 0; ties count half."""
    _, value, counts = np.unique(
        scores, return_inverse=True, return_counts=True
    )
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[value]
    positives = np.count_nonzero(labels)
    negatives = len(labels) - positives
    excess = ranks[labels > 0].sum() - positives * (positives + 1) / 2
    return excess / (positives * negatives)


def smoothed_rates(groups, labels, new_groups, prior_weight=20):
    """Predicts by the rate of 1s among the known labels of each group.

    groups: int [n] with their labels [n]; new_groups: int [m], to predict.
    The overall rate counts in each group as much as `prior_weight` labels.
    Returns float64 [m].
    """
    size = max(groups.max(), new_groups.max()) + 1
    ones = np.bincount(groups, weights=labels, minlength=size)
    counts = np.bincount(groups, minlength=size)
    rates = (ones + prior_weight * labels.mean()) / (counts + prior_weight)
    return rates[new_groups]
