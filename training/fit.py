"""Fits the verifier's weights to generated pairs.

    python training/fit.py PAIRS.jsonl FEATURES.tsv server/matching/verifier.json

PAIRS.jsonl is what generate.py writes, FEATURES.tsv the features of the same pairs in the same order, as Rust computes them (first line:
names; a column `conflict` is 1 where a hard conflict refuses the pair whatever the weights say: such pairs are left out).

The model is a weighted sum of the features and a sum of small decision trees (scikit-learn's histogram gradient boosting), each with the
direction that a feature's meaning dictates, so that no odd corner of the generated pairs can make more agreement lower the probability. The
trees know which features matter together; the weighted sum keeps pairs in order where trees, which are steps, see no difference. The scores
are calibrated on families of pairs that neither was fitted to. Everything is seeded: the same input gives the same weights.
"""

import json
import sys
import zlib

import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

# +1: more of it cannot lower the probability; -1: cannot raise it; not listed: free.
DIRECTION = {
    "text_cosine": 1, "soft_coverage_min": 1, "soft_coverage_max": 1, "exact_coverage_min": 1, "exact_coverage_max": 1,
    "content_jaccard": 1, "loose_heaviest_max": -1, "loose_heaviest_min": -1, "loose_weight_min": -1, "loose_weight_max": -1,
    "loose_nearest_min": 1, "rest_cosine": 1, "loose_names_min": -1, "loose_names_max": -1, "bigram_dice": 1, "order": 1,
    "question_words": 1, "first_word": 1, "gram_dice": 1, "meaning_min": 1, "meaning_max": 1, "symbols": 1, "same_course": 1, "length_ratio": 1, "synonym_share": 1, "contrast": -1,
    "frame_cosine": 1, "all_jaccard": 1, "values_loose_max": -1, "names_shared": 1, "names_loose_min": -1,
    "names_loose_max": -1, "other_operators": -1, "turned": -1,
    "same_sides": 1, "lone_sides": -1, "same_question": 1, "marks_loose": -1,
    "first_action": 1, "actions": 1, "loose_arguments_min": -1, "loose_arguments_max": -1,
}
FOLDS = 5
TREES, LEAVES, RATE = 180, 8, 0.08
# Each split chooses among a tenth of the features: many of them say nearly the same, and weight spread over all of them travels
# better to other kinds of text.
TRIED = 0.1

# The weighted sum: its share of the score, and what its weights (of features in standard deviations) are drawn to and how strongly. Generated
# wordings are chosen to look unlike and generated changes to look alike, so they say less of plain likeness than people's texts do: the
# prior puts it back.
SUM_SHARE = 2.2
PRIOR = {"text_cosine": 0.5, "meaning_min": 0.5, "gram_dice": 0.5}
PULL = 0.03
# What pairs of different families weigh together, against all others: they are easy, but they are what plain likeness is learnt from.
OTHERS_SHARE = 0.7


def fold_of(family):
    """A family's fold, the same in every run and whatever other families there are."""
    return zlib.crc32(family.encode()) % FOLDS


def fit_trees(x, y, weight, names, trees=TREES):
    model = HistGradientBoostingClassifier(
        learning_rate=RATE, max_iter=trees, max_leaf_nodes=LEAVES, min_samples_leaf=100, l2_regularization=5.0, max_features=TRIED,
        monotonic_cst=[DIRECTION.get(name, 0) for name in names], early_stopping=False, random_state=0,
    )
    return model.fit(x, y, sample_weight=weight)


def fit_sum(x, y, weight, names):
    """Weights of the features as they are, and a constant: a logistic regression whose weights all have the sign of their direction."""
    middle, spread = x.mean(0), x.std(0) + 1e-9
    sign = np.array([DIRECTION[name] for name in names])
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    scaled, share = (x - middle) / spread * sign, weight / weight.sum()

    def loss(at):
        score, away = scaled @ at[:-1] + at[-1], at[:-1] - prior
        slope = share * (1 / (1 + np.exp(-score)) - y)
        value = (share * np.logaddexp(0, -score * (2 * y - 1))).sum() + PULL * (away**2).sum()
        return value, np.append(scaled.T @ slope + 2 * PULL * away, slope.sum())

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=[(0, None)] * len(names) + [(None, None)]).x
    weights = found[:-1] * sign / spread
    return weights, found[-1] - weights @ middle


def fit_model(x, y, weight, names):
    """The trees, the weights of the sum and its constant, at its share."""
    weights, constant = fit_sum(x, y, weight, names)
    return fit_trees(x, y, weight, names), SUM_SHARE * weights, SUM_SHARE * constant


def scores(model, x):
    """What the model says before calibration."""
    trees, weights, constant = model
    return trees.decision_function(x) + x @ weights + constant


def weights_of(y, families):
    """Every family counts by the root of its pairs, and both labels of it alike; pairs of two families by [`OTHERS_SHARE`]."""
    weight = np.zeros(len(y))
    for family in np.unique(families):
        for label in (0, 1):
            chosen = (families == family) & (y == label)
            if chosen.any():
                weight[chosen] = np.sqrt((families == family).sum()) / chosen.sum()
    others = np.char.startswith(families.astype(str), "others/")
    if others.any():
        weight[others] *= OTHERS_SHARE * weight[~others].sum() / weight[others].sum()
    return weight * len(y) / weight.sum()


def load(pairs_path, features_path):
    rows = [json.loads(line) for line in open(pairs_path, encoding="utf-8")]
    with open(features_path) as file:
        names = file.readline().split()
        values = np.loadtxt(file, ndmin=2)
    if len(rows) != len(values):
        raise SystemExit(f"{len(rows)} pairs but features of {len(values)}")
    if "conflict" in names:
        column = names.index("conflict")
        conflict = values[:, column] > 0
        values = np.delete(values, column, 1)
        names.remove("conflict")
    else:
        conflict = np.zeros(len(values), bool)
    return rows, names, values, conflict


def expected_error(said, held, bins=10):
    """Calibration error over bins of equal mass."""
    order = np.argsort(said, kind="stable")
    parts = np.array_split(order, bins)
    return sum(abs(said[part].mean() - held[part].mean()) * len(part) for part in parts if len(part)) / len(said)


def export(model, calibration, names, out_path, about):
    """The weighted sum, and the trees as lists of nodes: [feature, threshold, left, right] inside, [value] at a leaf."""
    fitted, weights, constant = model
    trees = []
    for (predictor,) in fitted._predictors:
        nodes = []
        for node in predictor.nodes:
            if node["is_leaf"]:
                nodes.append([float(np.float32(node["value"]))])
            else:
                nodes.append([int(node["feature_idx"]), float(np.float32(node["num_threshold"])), int(node["left"]), int(node["right"])])
        trees.append(nodes)
    base = float(np.ravel(fitted._baseline_prediction)[0] + constant)
    linear = [float(np.float32(weight)) for weight in weights]
    document = {"about": about, "features": names, "linear": linear, "base": base, "scale": calibration[0], "shift": calibration[1], "trees": trees}
    with open(out_path, "w") as out:
        text = json.dumps(document, indent=1)
        # One tree a line.
        head, _ = text.split('"trees"')
        out.write(head + '"trees": [\n' + ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in trees) + "\n]}\n")


def main(pairs_path, features_path, out_path):
    rows, names, x, conflict = load(pairs_path, features_path)
    y = np.array([row["label"] for row in rows])
    families = np.array([row["family"] for row in rows])
    kinds = np.array([row["kind"] for row in rows])
    print(f"{len(y)} pairs of {len(set(families))} families, {conflict.sum()} refused by a hard conflict, "
          f"{(conflict & (y == 1)).sum()} of them wrongly")
    keep = ~conflict
    x, y, families, kinds = x[keep], y[keep], families[keep], kinds[keep]
    folds = np.array([fold_of(family) for family in families])
    weight = weights_of(y, families)

    held_out = np.zeros(len(y))
    for fold in range(FOLDS):
        inside, outside = folds != fold, folds == fold
        if outside.any() and inside.any():
            held_out[outside] = scores(fit_model(x[inside], y[inside], weight[inside], names), x[outside])
    platt = LogisticRegression(C=1e6).fit(held_out[:, None], y, sample_weight=weight)
    scale, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    said = 1 / (1 + np.exp(-(scale * held_out + shift)))
    near = ~np.char.startswith(families.astype(str), "others/")
    print(f"held-out families: ROC {roc_auc_score(y, held_out):.3f} ({roc_auc_score(y[near], held_out[near]):.3f} without pairs of two families), calibration error {expected_error(said, y):.3f}")
    for kind in sorted(set(kinds)):
        chosen = kinds == kind
        print(f"  {kind:28} {chosen.sum():6} pairs, mean said {said[chosen].mean():.3f}, said above 0.95 {np.mean(said[chosen] > 0.95):.3f}")

    model = fit_model(x, y, weight, names)
    about = "Fitted by training/fit.py to pairs generated by training/generate.py; see training/README.md."
    export(model, (scale, shift), names, out_path, about)


if __name__ == "__main__":
    main(*sys.argv[1:])
