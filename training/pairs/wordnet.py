"""Questions on words with one sense, from WordNet: synonyms ask for the same, sisters under one parent do not."""

import pathlib
import re
import sys

from .families import Family
from .values import Fixed

FOLDER = pathlib.Path("/usr/share/wordnet")
INTENTS = {
    "what": """what is meant by {x}?
what does the word {x} mean?
explain the word {x}
what is the meaning of {x}?
define {x}
give me a definition of {x}
how would you define {x}?""",
    "example": """give me an example of {x}
what would be an example of {x}?
name one example of {x}
show an instance of {x}""",
    "spell": """what is {x} in French?
translate {x} to French
what do the French call {x}?""",
    "plural": """use {x} in a sentence
write a sentence with {x}
make up a sentence that mentions {x}""",
    "origin": """where does {x} come from historically?
what is the history of {x}?
tell me about the origins of {x}
how did {x} come about?""",
    "picture": """show me a picture of {x}
find a photo of {x}
what does {x} look like? Show an image""",
}


class Sisters(Fixed):
    """Values whose near misses are the other children of the same parent."""

    def __init__(self, groups):
        super().__init__(";".join("|".join(forms) for group in groups for forms in group))
        self.kin = {tuple(forms): [tuple(f) for f in group if f != forms] for group in groups for forms in group}

    def other(self, rng, value):
        sisters = self.kin[value]
        return rng.choice(sisters) if rng.random() < 0.8 else super().other(rng, value)


def groups():
    """Sets of two or more sisters: noun synsets all of whose words are plain and have that one sense only."""
    senses = {}
    for line in (FOLDER / "index.noun").read_text(encoding="latin-1").splitlines():
        if not line.startswith(" "):
            parts = line.split()
            senses[parts[0]] = int(parts[2])
    # Words that are adjectives, verbs or adverbs as well have more than one sense after all.
    other = {line.split()[0] for part in ("adj", "verb", "adv") for line in (FOLDER / f"index.{part}").read_text(encoding="latin-1").splitlines() if line[0] != " "}
    counts = {}
    for line in (FOLDER / "cntlist.rev").read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        counts[key.partition("%")[0]] = counts.get(key.partition("%")[0], 0) + int(count)
    children = {}
    for line in (FOLDER / "data.noun").read_text(encoding="latin-1").splitlines():
        if line.startswith(" "):
            continue
        fields = line.split("|")[0].split()
        if fields[1] not in ("05", "06", "08", "13", "20"):
            continue
        size = int(fields[3], 16)
        found = [fields[4 + 2 * i] for i in range(size)]
        plain = [w.replace("_", " ") for w in found if senses.get(w.lower()) == 1 and w not in other and re.fullmatch(r"[a-z_]{4,24}", w)]
        known = sum(counts.get(w.lower(), 0) for w in found)
        pointers = fields[4 + 2 * size + 1 :]
        parents = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] == "@"]
        # A word nobody counted is likely one nobody asks for; one synset's words must not be parts of each other.
        if known and plain and parents and len(plain) == len(found):
            children.setdefault(parents[0], []).append(sorted(plain[:3]))
    return [sorted(group) for _, group in sorted(children.items()) if len(group) >= 2]


def families(pools):
    """One family, or none where WordNet is not installed."""
    if not (FOLDER / "data.noun").exists():
        print("wordnet-base is not installed (apt-get install wordnet-base): no pairs of the family word/noun", file=sys.stderr)
        return []
    found = groups()
    some = [group for group in found if any(len(forms) > 1 for forms in group)]
    return [Family("word/noun", INTENTS, {"x": Sisters(some)}, kind_of_intent="neg_question_word")]
