#!/usr/bin/env python3
"""Writes labelled text pairs for training the verifier: `python training/generate.py OUT.jsonl [--pairs N] [--seed S]`.

A pair is label 1 when the answer to `a` holds for `b`, else 0. The same seed and the versions of requirements.txt give the same file.
Nothing is downloaded; what the pairs come from is told in sources.md.
"""

import argparse
import collections
import itertools
import json
import sys

from pairs import registry
from pairs.grammar import normal, overlap, rng_of, strip_marks

# No kind may fill more than this share of a family's pairs.
KIND_SHARE = 0.2
TRIES_PER_PAIR = 12


def finished(made):
    """A pair without marks, or None where it is empty or reads the same (which only slips of typing may)."""
    a, b, label, kind = made
    a, b = strip_marks(a).strip(), strip_marks(b).strip()
    if not a or not b or a == b or (kind != "para_noise" and normal(a) == normal(b)):
        return None
    return a, b, label, kind


def from_family(name, stream, quota, seen):
    """Up to `quota` pairs of one family, half of them of either label, no kind dominating."""
    rows, spare, kinds, labels = [], [], collections.Counter(), collections.Counter()
    alone = name == "strangers" or name.startswith("others/")
    for made in itertools.islice(stream, quota * TRIES_PER_PAIR):
        made = made and finished(made)
        if made is None:
            continue
        a, b, label, kind = made
        key = (a, b) if a < b else (b, a)
        if key in seen or (labels[label] >= quota / 2 and not alone):
            continue
        seen.add(key)
        row = {"a": a, "b": b, "label": label, "kind": kind, "family": name}
        share = 1 if alone else 0.3 if kind == "para_template" else KIND_SHARE
        if kinds[kind] >= max(4, share * quota):
            spare.append(row)
            continue
        kinds[kind] += 1
        labels[label] += 1
        rows.append(row)
        if len(rows) >= quota:
            break
    # A family with few kinds fills up with what was held back, and never holds many more of one label than of the other.
    for row in spare:
        if labels[row["label"]] < quota / 2 and not alone:
            labels[row["label"]] += 1
            rows.append(row)
    if not alone:
        few = round(1.2 * min(labels[0], labels[1])) + 4
        kept = collections.Counter()
        rows = [row for row in rows if (kept.update([row["label"]]) or kept[row["label"]] <= few)]
    return rows


def check(rows):
    """What must hold of every file; raises AssertionError."""
    told = {}
    for row in rows:
        assert row["a"].strip() and row["b"].strip(), f"empty text: {row}"
        assert row["label"] in (0, 1) and row["kind"].startswith("para" if row["label"] else "neg"), f"label and kind differ: {row}"
        assert row["label"] or normal(row["a"]) != normal(row["b"]), f"equal texts as different: {row}"
        assert not set("\x01\x02{}<>".replace("<", "").replace(">", "")) & set(row["a"] + row["b"]), f"unfinished template: {row}"
        key = tuple(sorted((row["a"], row["b"])))
        assert key not in told, f"twice: {row}"
        told[key] = row["label"]
    normals = {}
    for row in rows:
        key = tuple(sorted((normal(row["a"]), normal(row["b"]))))
        assert normals.setdefault(key, row["label"]) == row["label"], f"both labels for one pair: {row}"


def drop_contradictions(rows):
    """Without the pairs that got both labels up to case and punctuation."""
    labels = collections.defaultdict(set)
    for row in rows:
        labels[tuple(sorted((normal(row["a"]), normal(row["b"]))))].add(row["label"])
    return [row for row in rows if len(labels[tuple(sorted((normal(row["a"]), normal(row["b"]))))]) == 1]


def table(rows, samples, rng):
    """Counts by kind with the mean overlap, and samples."""
    by_kind = collections.defaultdict(list)
    for row in rows:
        by_kind[(row["label"], row["kind"])].append(row)
    for (label, kind), group in sorted(by_kind.items()):
        mean = sum(overlap(row["a"], row["b"]) for row in group[:2000]) / len(group[:2000])
        print(f"{label}  {kind:34} {len(group):7}  overlap {mean:.2f}  families {len({row['family'] for row in group})}")
        for row in rng.sample(group, min(samples, len(group))):
            print(f"      [{row['family']}]\n        {row['a']}\n        {row['b']}")
    positives = sum(row["label"] for row in rows)
    families = collections.Counter(row["family"] for row in rows)
    print(f"{len(rows)} pairs, {positives} same, {len(rows) - positives} other, {len(families)} families, largest {families.most_common(1)}")


def main():
    """Generates, checks, writes, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--pairs", type=int, default=150_000)
    parser.add_argument("--seed", type=int, default=20260901)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--only", help="only families whose name starts so")
    options = parser.parse_args()
    streams = registry.streams(options.seed)
    if options.only:
        streams = [s for s in streams if s[0].startswith(options.only)]
    total = sum(weight for _, weight, _ in streams)
    rows, seen = [], set()
    for name, weight, stream in streams:
        rows += from_family(name, stream, round(options.pairs * weight / total), seen)
    rows = drop_contradictions(rows)
    rng_of(options.seed, "order").shuffle(rows)
    check(rows)
    with open(options.out, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    table(rows, options.samples, rng_of(options.seed, "samples"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
