"""All families with their weights."""

import collections
import itertools

from . import clusters, packages, questions, statements, voice, webtasks, wordnet
from .grammar import rng_of, strip_marks, words
from .values import pools as make_pools

# Share of a source in the whole file.
SHARES = {"web": 0.25, "home": 0.08, "ovos": 0.03, "voice": 0.2, "ask": 0.26, "fact": 0.14, "topic": 0.06, "word": 0.03}
# The same for pairs of different families, besides the above.
OTHER_SHARES = {"web": 0.05, "home": 0.02, "voice": 0.05, "ask": 0.1, "fact": 0.02, "topic": 0.04}
# Texts among which likenesses are looked for.
OTHERS_READ = 400
STOP = set("a an the of to in on is are be do does did i you it that this and or for my what how when where who why which can me".split())


def strangers(streams, rng):
    """Endless pairs of texts of different families; of the same source, so that they at least look alike."""
    by_source = collections.defaultdict(list)
    for name, _, stream in streams:
        by_source[name.split("/")[0].split("_")[0]].append(stream)
    while True:
        source = rng.choice(sorted(by_source))
        if len(by_source[source]) < 2:
            continue
        one, two = rng.sample(by_source[source], 2)
        first, second = next((m for m in itertools.islice(one, 50) if m), None), next((m for m in itertools.islice(two, 50) if m), None)
        yield (first[0], second[0], 0, "neg_random") if first and second else None


def others(streams, rng):
    """Endless pairs of texts of different families of one source, often the most alike of many: the same frame about another thing, the
    same thing asked about otherwise, or little in common. Hard negatives alone would teach nothing of plain likeness."""
    drawn = {}
    while True:
        while sum(map(len, drawn.values())) < OTHERS_READ:
            name, _, stream = rng.choice(streams)
            made = next(stream)
            if made:
                drawn.setdefault(name, []).append(made[0])
        for name in rng.sample(sorted(drawn), len(drawn)):
            first = rng.choice(drawn[name])
            strange = [text for other, texts in drawn.items() if other != name for text in texts]
            seconds = rng.sample(strange, min(len(strange), rng.choice([1, 4, 20, 60])))
            seen = content if rng.random() < 0.5 else words
            wanted = set(seen(strip_marks(first)))
            yield first, max(seconds, key=lambda text: likeness(wanted, set(seen(strip_marks(text))))), 0, "neg_other_family"
        drawn = {}


def content(text):
    """The words that do not only hold a question together."""
    return [word for word in words(text) if word not in STOP]


def likeness(one, two):
    """Share of common words (Jaccard)."""
    return len(one & two) / max(1, len(one | two))


def families(pools):
    """Every family of requests with slots."""
    return (packages.home_assistant(pools) + packages.ovos(pools) + voice.families(pools) + questions.families(pools) + questions.directed(pools)
            + statements.families(pools) + clusters.families(pools) + wordnet.families(pools))


def all_streams(seed, salt):
    """(family, source, endless pairs)."""
    pools = make_pools(seed)
    sites = webtasks.site_pools(pools)
    made = [(f"web/{name}", "web", webtasks.pairs(webtasks.Site(name, sites), rng_of(seed, salt, "web", name))) for name in webtasks.DOMAINS]
    for family in families(pools):
        made.append((family.name, family.name.split("/")[0].split("_")[0], family.pairs(rng_of(seed, salt, family.name))))
    return made


def streams(seed):
    """(family, weight, endless pairs) of every source; a random stream of its own for each, so that widening one leaves the others."""
    made = all_streams(seed, "pairs")
    sizes = collections.Counter(source for _, source, _ in made)
    ready = [(name, SHARES[source] / sizes[source], stream) for name, source, stream in made]
    ready.append(("strangers", 0.03, strangers(all_streams(seed, "strangers"), rng_of(seed, "strangers"))))
    far = all_streams(seed, "others")
    for source, share in OTHER_SHARES.items():
        ready.append((f"others/{source}", share, others([part for part in far if part[1] == source], rng_of(seed, "others", source))))
    return ready
