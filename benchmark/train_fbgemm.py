# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps of FBGEMM's table batched embedding, for `compare.py training`."""

import numpy as np
import torch
from fbgemm_gpu.split_embedding_configs import EmbOptimType
from fbgemm_gpu.split_table_batched_embeddings_ops_common import (
    EmbeddingLocation,
    PoolingMode,
)
from fbgemm_gpu.split_table_batched_embeddings_ops_training import (
    ComputeDevice,
    SplitTableBatchedEmbeddingBagsCodegen,
)

from trainers import Trainer
from worker import serve
from workloads import pack

LEARNING_RATE = 0.01
ACCUMULATOR = 0.1
OPTIMIZERS = {
    "adagrad": EmbOptimType.EXACT_ADAGRAD,
    "rowwise_adagrad": EmbOptimType.EXACT_ROWWISE_ADAGRAD,
}
POOLING = {"sum": PoolingMode.SUM, "mean": PoolingMode.MEAN}


class FbgemmTrainer(Trainer):
    def __init__(self, workload, optimizer, batches):
        super().__init__(workload, batches)
        spec = (
            workload.rows,
            workload.dimension,
            EmbeddingLocation.HOST,
            ComputeDevice.CPU,
        )
        self.module = SplitTableBatchedEmbeddingBagsCodegen(
            [spec] * workload.columns,
            optimizer=OPTIMIZERS[optimizer],
            learning_rate=LEARNING_RATE,
            pooling_mode=POOLING[workload.combiner],
        )
        for weights in self.module.split_embedding_weights():
            weights.zero_()
        for (accumulator,) in self.module.split_optimizer_states():
            accumulator.fill_(ACCUMULATOR)
        self.batches = [
            [torch.from_numpy(array) for array in pack(batch)[:2]]
            for batch in batches
        ]
        self.gradient_tensor = torch.from_numpy(self.gradient)

    def lookup(self, batch):
        self.output = self.module(*self.batches[batch])
        return self.output.detach().numpy()

    def update(self, gradient):
        self.output.backward(self.gradient_tensor)

    def rows(self, ids):
        return np.concatenate(
            [
                weights.detach().numpy()[column]
                for weights, column in zip(
                    self.module.split_embedding_weights(), ids
                )
            ]
        )


if __name__ == "__main__":
    serve(FbgemmTrainer, torch.set_num_threads)
