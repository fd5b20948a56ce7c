# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The number of threads of TensorFlow."""

import tensorflow as tf


def set_num_threads(number):
    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
        tf.config.threading.set_inter_op_parallelism_threads(number)
    except RuntimeError:
        # Too late; a worker is asked for one number only.
        pass
