# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lookups of FBGEMM's table batched embedding, for `compare.py lookups`.

The variant is how rows are kept, with "_i32" for ids of 32 bits.
"""

import numpy as np
import torch
from fbgemm_gpu.split_embedding_configs import SparseType
from fbgemm_gpu.split_table_batched_embeddings_ops_common import (
    EmbeddingLocation,
    PoolingMode,
)
from fbgemm_gpu.split_table_batched_embeddings_ops_inference import (
    IntNBitTableBatchedEmbeddingBagsCodegen,
)

from lookers import Looker
from worker import serve
from workloads import pack

TYPES = {
    "f32": SparseType.FP32,
    "f16": SparseType.FP16,
    "int8": SparseType.INT8,
    "int4": SparseType.INT4,
}
DTYPES = {"f32": torch.float32, "f16": torch.float16}
POOLING = {"sum": PoolingMode.SUM, "mean": PoolingMode.MEAN}


def quantize(table, bits):
    """Rows as FBGEMM has them: an f16 scale, an f16 bias, then integers."""
    low = table.min(1, keepdims=True).astype(np.float16)
    span = table.max(1, keepdims=True) - low.astype(np.float32)
    scale = (span / (2**bits - 1)).astype(np.float16)
    steps = (table - low.astype(np.float32)) / scale.astype(np.float32)
    weights = np.clip(np.rint(steps), 0, 2**bits - 1).astype(np.uint8)
    if bits == 4:
        weights = weights[:, ::2] | weights[:, 1::2] << 4
    return np.hstack([scale.view(np.uint8), low.view(np.uint8), weights])


class FbgemmLooker(Looker):
    def __init__(self, workload, variant, batches):
        row_type, _, width = variant.partition("_")
        self.module = IntNBitTableBatchedEmbeddingBagsCodegen(
            [
                (
                    "",
                    workload.rows,
                    workload.dimension,
                    TYPES[row_type],
                    EmbeddingLocation.HOST,
                )
            ]
            * workload.columns,
            pooling_mode=POOLING[workload.combiner],
            device="cpu",
            output_dtype=SparseType.FP32,
        )
        self.module.initialize_weights()
        weights = self.module.split_embedding_weights(split_scale_shifts=False)
        for number, (rows, _) in enumerate(weights):
            table = workload.table(number)
            if row_type in DTYPES:
                rows = rows.view(DTYPES[row_type])
            else:
                table = quantize(table, int(row_type[3:]))
            rows[:, : table.shape[1]] = torch.from_numpy(table)
        dtype = torch.int32 if width == "i32" else torch.int64
        self.batches = [
            [torch.from_numpy(array).to(dtype) for array in pack(batch)[:2]]
            for batch in batches
        ]

    def lookup(self, batch):
        with torch.inference_mode():
            return self.module(*self.batches[batch])


if __name__ == "__main__":
    serve(FbgemmLooker, torch.set_num_threads)
