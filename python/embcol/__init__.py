# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""embcol: a compiler for embedding columns.

Declare columns with the functions that TensorFlow has for them, compile them,
look features up, apply gradients, save, serve.
"""

from . import _loading  # isort: skip
from ._programs import ProgramReport
from .categorical import CategoricalColumn
from .columns import (
    categorical_column_with_identity,
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
    embedding_column,
    sequence_categorical_column_with_identity,
    sequence_categorical_column_with_vocabulary_file,
    sequence_categorical_column_with_vocabulary_list,
    shared_embedding_columns,
    weighted_categorical_column,
)
from .compilation import compile, load
from .embedding import EmbeddingColumn, SharedEmbeddingColumn
from .features import Ragged, SparseTensor
from .initializers import (
    constant_initializer,
    ones_initializer,
    random_uniform_initializer,
    truncated_normal_initializer,
    zeros_initializer,
)
from .layers import SequenceEmbedding
from .model import Model
from .optimizers import (
    FTRL,
    LAMB,
    SGD,
    Adadelta,
    Adagrad,
    AdagradMomentum,
    Adam,
    Momentum,
    OnlineYogi,
    PartialRowWiseAdam,
    ProximalAdagrad,
    RMSprop,
    RowWiseAdagrad,
    Yogi,
)
from .overlap import Batch, overlap
from .program import Program
from .rules import (
    abs,
    exp,
    log,
    maximum,
    minimum,
    optimizer,
    sign,
    sqrt,
    where,
)
from .step_functions import StepFunction
from .strings import Strings
from .tables import TableDifference
from .threads import num_threads, set_num_threads
from .transform import Transformed, transform

__version__ = "0.1.0"

__all__ = [
    "Adadelta",
    "Adagrad",
    "AdagradMomentum",
    "Adam",
    "Batch",
    "CategoricalColumn",
    "EmbeddingColumn",
    "FTRL",
    "LAMB",
    "Model",
    "Momentum",
    "OnlineYogi",
    "PartialRowWiseAdam",
    "Program",
    "ProximalAdagrad",
    "RMSprop",
    "Ragged",
    "RowWiseAdagrad",
    "SGD",
    "ProgramReport",
    "SequenceEmbedding",
    "SharedEmbeddingColumn",
    "SparseTensor",
    "StepFunction",
    "Strings",
    "TableDifference",
    "Transformed",
    "Yogi",
    "abs",
    "categorical_column_with_identity",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_list",
    "compile",
    "constant_initializer",
    "embedding_column",
    "exp",
    "load",
    "log",
    "maximum",
    "minimum",
    "num_threads",
    "ones_initializer",
    "optimizer",
    "overlap",
    "random_uniform_initializer",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
    "set_num_threads",
    "shared_embedding_columns",
    "sign",
    "sqrt",
    "transform",
    "truncated_normal_initializer",
    "weighted_categorical_column",
    "where",
    "zeros_initializer",
]
