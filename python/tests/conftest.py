# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Columns that many tests start from."""

import pytest
from embcol.columns import (
    categorical_column_with_identity,
    categorical_column_with_vocabulary_list,
    sequence_categorical_column_with_identity,
)


@pytest.fixture
def hour():
    return categorical_column_with_identity("hour", 24)


@pytest.fixture
def stops():
    return sequence_categorical_column_with_identity("stops", 24)


@pytest.fixture
def carrier():
    return categorical_column_with_vocabulary_list(
        "carrier", ["AA", "B6", "UA"], num_oov_buckets=2
    )
