"""Layers: what has weights, and what puts layers together."""

from .attention import Embedding, SelfAttention
from .convolution import Conv1d, Conv2d, MaxPool2d
from .dense import ACTIVATIONS, MLP, Activation, Layer, Neuron, Residual, Sequential, activation_of, linear
from .dropout import Dropout
from .normalization import LayerNorm, RMSNorm
from .recurrent import GRU, LSTM, RNN

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "Activation",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Layer",
    "LayerNorm",
    "MaxPool2d",
    "Neuron",
    "RMSNorm",
    "Residual",
    "SelfAttention",
    "Sequential",
    "activation_of",
    "linear",
]
