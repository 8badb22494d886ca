"""Makes server/matching/senses.bin from WordNet 3.0: which words share a meaning and which stand beside or against each other.

    python training/senses.py /usr/share/wordnet server/embedding/vocab.txt server/matching/senses.bin

The dictionary is Debian's package wordnet-base. Kept are single words that are in the vocabulary, occur in WordNet's tagged texts,
or are verbs; of each at most five senses, with the share of the word's uses that they make up.

File, little endian: counts of words W, senses S, synsets N, opposites P (u32 each); W keys (u32, sorted); W ends of the word's
senses (u32); S synsets (u16); S shares (u8, of 255); N hypernyms (u16, 65535: none); P pairs of opposite synsets (u16, u16).
A key is the hash of the word's stem, as in server/src/matching/features/lexicon.rs.
"""

import collections
import struct
import sys

POS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
SENSES, SHARE = 5, 0.05


def stem(word):
    """As `stem` in lexicon.rs: the word without its English ending."""
    if word == "news" or not all("a" <= c <= "z" for c in word):
        return word
    rest = word if len(word) < 4 else without_ending(word)
    if rest.endswith("e") and len(rest) >= 4:
        rest = rest[:-1]
    return rest[:-1] + "i" if len(rest) >= 2 and rest.endswith("y") and rest[-2] not in "aeiou" else rest


def without_ending(word):
    """As in lexicon.rs."""

    def cut(ending):
        rest = word[: len(word) - len(ending)]
        return rest if word.endswith(ending) and len(rest) >= 3 and any(c in "aeiouy" for c in rest) else None

    rest = cut("ing") or cut("ed")
    if rest:
        return rest[:-1] if len(rest) >= 4 and rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith(("ies", "sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return cut("ly") or (word[:-1] if word.endswith("s") else word)


def key(word):
    value = 0xCBF29CE484222325
    for byte in stem(word).encode():
        value = ((value ^ byte) * 0x100000001B3) & (2**64 - 1)
    return value >> 32


def main(folder, vocab_path, out_path):
    vocab = set(open(vocab_path, encoding="utf-8").read().split("\n"))
    counts = collections.Counter()
    for line in open(f"{folder}/cntlist.rev"):
        sense, _, count = line.split()
        lemma, rest = sense.split("%")
        pos = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}[rest[0]]
        counts[lemma, pos, rest] += int(count)
    by_lemma = collections.Counter()
    for (lemma, _, _), count in counts.items():
        by_lemma[lemma] += count
    tagged = collections.defaultdict(dict)  # (lemma, pos) -> sense number -> count
    for line in open(f"{folder}/cntlist.rev"):
        sense, number, count = line.split()
        lemma, rest = sense.split("%")
        tagged[lemma, {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}[rest[0]]][int(number)] = int(count)

    # Words and their senses' weights, by key: forms that share a stem share an entry.
    weights = collections.defaultdict(collections.Counter)
    for name, pos in POS.items():
        forms = collections.defaultdict(list)
        for line in open(f"{folder}/{name}.exc"):
            irregular, *lemmas = line.split()
            for lemma in lemmas:
                forms[lemma].append(irregular)
        for line in open(f"{folder}/index.{name}"):
            if line.startswith(" "):
                continue
            fields = line.split()
            lemma, count = fields[0], int(fields[2])
            if not (lemma.isascii() and lemma.isalpha()) or not (lemma in vocab or by_lemma[lemma] or pos == "v"):
                continue
            for number, offset in enumerate(fields[-count:], 1):
                weight = tagged[lemma, pos].get(number, 0) + 1 / number
                for form in {key(w) for w in [lemma, *(f for f in forms[lemma] if f.isalpha())]}:
                    weights[form][pos, offset] += weight

    entries = {}
    for form, senses in weights.items():
        total = sum(senses.values())
        kept = [(s, w / total) for s, w in sorted(senses.items(), key=lambda e: (-e[1], e[0]))[:SENSES] if w / total >= SHARE]
        if kept:
            entries[form] = kept
    used = {sense for kept in entries.values() for sense, _ in kept}

    above, against = {}, set()
    for name, pos in POS.items():
        heads, sharp = {}, collections.defaultdict(set)
        for line in open(f"{folder}/data.{name}"):
            if line.startswith(" "):
                continue
            fields = line.split(" | ")[0].split()
            here, words = (pos, fields[0]), int(fields[3], 16)
            at = 4 + 2 * words
            for number in range(int(fields[at])):
                mark, offset, kind, _ = fields[at + 1 + 4 * number : at + 5 + 4 * number]
                there = ("a" if kind == "s" else kind, offset)
                if mark in ("@", "@i"):
                    above.setdefault(here, there)
                elif mark == "!":
                    sharp[here].add(there)
                elif mark == "&" and fields[2] == "s":
                    heads[here] = there
        against |= {(one, two) for one, others in sharp.items() for two in others}
        # A satellite adjective is opposed as its head is, and stands under it.
        for here, head in heads.items():
            above.setdefault(here, head)
            against |= {(here, two) for two in sharp[head]} | {(two, here) for two in sharp[head]}
    used |= {above[sense] for sense in used if sense in above}
    number = {sense: index for index, sense in enumerate(sorted(used))}
    if len(number) >= 65535:
        raise SystemExit(f"{len(number)} synsets do not fit 16 bits")
    against = sorted({(number[a], number[b]) for a, b in against if a in number and b in number})

    keys = sorted(entries)
    ends, synsets, shares = [], [], []
    for form in keys:
        for sense, share in entries[form]:
            synsets.append(number[sense])
            shares.append(max(1, min(255, round(share * 255))))
        ends.append(len(synsets))
    hypernyms = [number.get(above.get(sense), 65535) for sense in sorted(used)]
    with open(out_path, "wb") as out:
        out.write(struct.pack("<4I", len(keys), len(synsets), len(hypernyms), len(against)))
        out.write(struct.pack(f"<{len(keys)}I", *keys) + struct.pack(f"<{len(ends)}I", *ends))
        out.write(struct.pack(f"<{len(synsets)}H", *synsets) + bytes(shares))
        out.write(struct.pack(f"<{len(hypernyms)}H", *hypernyms))
        out.write(struct.pack(f"<{2 * len(against)}H", *(n for pair in against for n in pair)))
    print(f"{len(keys)} words, {len(synsets)} senses, {len(hypernyms)} synsets, {len(against)} opposites")


if __name__ == "__main__":
    main(*sys.argv[1:])
