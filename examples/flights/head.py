# Part of embcol, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The dense head: one hidden layer, trained by Adam."""

import numpy as np


class Head:
    """Turns inputs [batch, inputs] into probabilities [batch], all float32.

    The parameters lie in one vector, so that Adam updates them in one go.
    """

    def __init__(self, inputs, hidden=32, learning_rate=1e-3, seed=0):
        self.inputs, self.hidden = inputs, hidden
        self.learning_rate = learning_rate
        self.parameters = np.zeros(hidden * (inputs + 2) + 1, np.float32)
        self.steps = 0
        self.mean = np.zeros_like(self.parameters)
        self.square = np.zeros_like(self.parameters)

        random = np.random.default_rng(seed)
        weights, _, out_weights, _ = self.views(self.parameters)
        weights[:] = random.normal(0, inputs**-0.5, weights.shape)
        out_weights[:] = random.normal(0, hidden**-0.5, hidden)

    def save(self, path):
        """Saves what `predict` needs."""
        np.savez(path, hidden=self.hidden, parameters=self.parameters)

    @classmethod
    def load(cls, path):
        with np.load(path) as saved:
            hidden, parameters = int(saved["hidden"]), saved["parameters"]
        head = cls((len(parameters) - 1) // hidden - 2, hidden)
        head.parameters = parameters
        return head

    def views(self, vector):
        """The parts of a vector like `parameters`, by layer.

        Returns views: weights [inputs, hidden], bias [hidden], and of the
        output weights [hidden], bias [1].
        """
        first = self.inputs * self.hidden
        second = first + self.hidden
        return (
            vector[:first].reshape(self.inputs, self.hidden),
            vector[first:second],
            vector[second:-1],
            vector[-1:],
        )

    def predict(self, inputs):
        """Returns the probabilities [batch]."""
        return self.forward(inputs)[1]

    def train(self, inputs, labels):
        """Takes a step towards labels [batch] of 0 and 1.

        Returns the probabilities [batch] before the step, and the gradient of
        the summed log loss with respect to the inputs.
        """
        probabilities, gradient, d_inputs = self.gradients(inputs, labels)
        self.update(gradient)
        return probabilities, d_inputs

    def forward(self, inputs):
        weights, bias, out_weights, out_bias = self.views(self.parameters)
        hidden = inputs @ weights
        hidden += bias
        np.maximum(hidden, 0, out=hidden)
        logits = hidden @ out_weights
        logits += out_bias
        return hidden, 0.5 + 0.5 * np.tanh(0.5 * logits)

    def gradients(self, inputs, labels):
        """Differentiates the log loss, summed over the batch.

        Returns the probabilities, and the gradients with respect to the
        parameters and the inputs.
        """
        weights, _, out_weights, _ = self.views(self.parameters)
        hidden, probabilities = self.forward(inputs)
        gradient = np.empty_like(self.parameters)
        d_weights, d_bias, d_out_weights, d_out_bias = self.views(gradient)

        d_logits = probabilities - labels
        d_hidden = np.outer(d_logits, out_weights)
        d_hidden *= hidden > 0
        np.matmul(inputs.T, d_hidden, out=d_weights)
        np.sum(d_hidden, axis=0, out=d_bias)
        np.matmul(d_logits, hidden, out=d_out_weights)
        np.sum(d_logits, keepdims=True, out=d_out_bias)
        return probabilities, gradient, d_hidden @ weights.T

    def update(self, gradient, mean_decay=0.9, square_decay=0.999):
        """Takes one step of Adam."""
        self.steps += 1
        self.mean += (1 - mean_decay) * (gradient - self.mean)
        self.square += (1 - square_decay) * (gradient**2 - self.square)
        mean = self.mean / (1 - mean_decay**self.steps)
        square = self.square / (1 - square_decay**self.steps)
        self.parameters -= self.learning_rate * mean / (np.sqrt(square) + 1e-8)
