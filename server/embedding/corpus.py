"""Short texts for distilling the static table: sentences and definitions of WordNet, questions and requests about its words, and the texts of
the verifier's generated pairs. Seeded; nothing is downloaded and no evaluation set is read.

    texts(wordnet_folder, pairs_path, seed) -> list of str, without repeats
"""

import collections
import itertools
import json
import random
import re

# What is asked of a thing, {x}; of two, {x} and {y}; of an activity, {v}.
THING = """what is {x}?|what does {x} mean?|who invented {x}?|how does {x} work?|why is {x} important?|what are the best examples of {x}?|what is the meaning of {x}?
where can I find {x}?|where can I buy {x}?|how much does {x} cost?|what is the cheapest {x}?|what is the best {x}?|which {x} is the best for beginners?|is {x} good for you?
is {x} bad for health?|what are the benefits of {x}?|what are the disadvantages of {x}?|what are the side effects of {x}?|how is {x} made?|how do I get rid of {x}?
how can I get {x}?|how do I choose {x}?|how do I learn about {x}?|what is the history of {x}?|when was {x} discovered?|why do people like {x}?|why do people hate {x}?
why does {x} exist?|what causes {x}?|how can {x} be prevented?|what is the future of {x}?|what are the types of {x}?|what are some facts about {x}?
what should everyone know about {x}?|what is the opposite of {x}?|how long does {x} last?|how many kinds of {x} are there?|how big is {x}?|how old is {x}?
can you explain {x} in simple words?|can {x} be dangerous?|does {x} really work?|does {x} still exist?|do I need {x}?|should I worry about {x}?|should I study {x}?
what is it like to have {x}?|what happens without {x}?|what would happen if there was no {x}?|what if {x} disappeared?|which country is famous for {x}?|which books are about {x}?
which movies are about {x}?|who is responsible for {x}?|who needs {x}?|tell me about {x}|tell me a joke about {x}|give me some information on {x}|show me pictures of {x}
show me all {x} on this page|search for {x}|find {x} near me|look up {x} online|open the page about {x}|add {x} to my list|remove {x} from my list|add {x} to the cart
delete {x}|edit {x}|order {x} for delivery|book {x} for tomorrow|buy {x}|compare prices of {x}|play something about {x}|remind me about {x}|write a review of {x}
leave a comment about {x}|share {x} with a friend|filter the results by {x}|sort by {x}|view the details of {x}|contact someone about {x}|rate {x}|save {x} for later
I want to know more about {x}|I need {x}|I lost my {x}|my {x} is broken, what should I do?|how do I fix {x}?|how do I use {x}?|how do I clean {x}?|how do I draw {x}?|how do I say {x} in Spanish?
how do I become an expert in {x}?|what is your opinion on {x}?|have you ever seen {x}?|are there any alternatives to {x}?|are there different kinds of {x}?|is there a cure for {x}?
is {x} real?|is {x} worth it?|is it legal to own {x}?|what is the average price of {x}?|what is the easiest way to understand {x}?|what is the role of {x} in society?|what is the definition of {x}?
what is the origin of the word {x}?|what are good books on {x}?|what are common problems with {x}?|what is so special about {x}?|why is {x} so expensive?|why is {x} so popular?|best {x} in the world
{x} for kids|{x} explained|cheap {x}|new {x}|famous {x}""".replace("\n", "|").split("|")
TWO = """what is the difference between {x} and {y}?|which is better, {x} or {y}?|how does {x} affect {y}?|is {x} the same as {y}?|what do {x} and {y} have in common?|can {x} cause {y}?
how do you turn {x} into {y}?|why do people confuse {x} with {y}?|should I choose {x} or {y}?|what is the relationship between {x} and {y}?|is {x} more important than {y}?|how is {x} related to {y}?
find {x} with {y}|show {x} but not {y}|add {x} and {y} to the list|who sells both {x} and {y}?|can I use {x} instead of {y}?|replace {x} with {y}|search for {x} under {y}|what is the role of {x} in {y}?""".replace("\n", "|").split("|")
ACTIVITY = """how do I {v}?|how can I {v}?|how to {v}|what is the best way to {v}?|what is the easiest way to {v}?|what are some ways to {v}?|why do people {v}?|why can't I {v}?|why should I {v}?|why would anyone {v}?
is it possible to {v}?|is it safe to {v}?|is it legal to {v}?|is it hard to {v}?|is it worth it to {v}?|what does it mean to {v}?|what does it take to {v}?|what does it feel like to {v}?|what happens if you {v}?
when should I {v}?|where can I {v}?|who can {v}?|how long does it take to {v}?|how much does it cost to {v}?|can you {v}?|can anyone {v}?|can I {v} for free?|can I {v} online?|should I {v}?|should children {v}?
do you have to {v}?|do people still {v}?|did anyone ever {v}?|would you {v}?|I want to {v}|I need to {v}|I am trying to {v}|help me {v}|please {v}|let me {v}|teach me to {v}|remind me to {v}|tell me how to {v}
what do I need to {v}?|which app helps to {v}?|what is the fastest way to {v}?|what should I know before I {v}?|how do beginners {v}?|how do experts {v}?|what are the risks when you {v}?|is there a way to {v} without help?|how often should I {v}?""".replace("\n", "|").split("|")

PARTS = ("noun", "verb", "adj", "adv")
# How many texts of each sort.
THINGS, TWOS, ACTIVITIES, GLOSSES, REQUESTS = 16_000, 9_000, 6_000, 24_000, 55_000
FORMS_A_THING, FORMS_AN_ACTIVITY = 3, 3


def plain(lemma):
    return lemma.replace("_", " ")


def synsets(folder, part):
    """(lemmas, hypernyms, definition, examples) by offset."""
    found = {}
    for line in open(f"{folder}/data.{part}", encoding="latin-1"):
        if line.startswith(" "):
            continue
        data, _, gloss = line.partition(" | ")
        fields = data.split()
        count = int(fields[3], 16)
        lemmas = [re.sub(r"\(.*\)$", "", lemma) for lemma in fields[4 : 4 + 2 * count : 2]]
        links = fields[5 + 2 * count :]
        above = [links[i + 1] for i in range(0, len(links) - 3, 4) if links[i] in ("@", "@i")] if part == "noun" else []
        examples = re.findall(r'"([^"]+)"', gloss)
        definition = re.sub(r"\([^)]*\)", "", re.split(r'; "|;', gloss)[0]).strip(" \n;:,")
        found[fields[0]] = (lemmas, above, definition, examples)
    return found


def uses(folder):
    """How often a lemma occurs in WordNet's tagged texts, by part and lemma."""
    counts = collections.Counter()
    parts = {"1": "noun", "2": "verb", "3": "adj", "5": "adj", "4": "adv"}
    for line in open(f"{folder}/cntlist.rev"):
        sense, _, count = line.split()
        lemma, rest = sense.split("%")
        counts[parts[rest[0]], lemma] += int(count)
    return counts


def dressed(text, rng):
    """As people write: with or without a capital and a question mark."""
    if rng.random() < 0.15:
        text = text.rstrip("?")
    return text[0].upper() + text[1:] if rng.random() < 0.6 else text


def texts(folder, pairs_path, seed):
    rng = random.Random(seed)
    words = {part: synsets(folder, part) for part in PARTS}
    count = uses(folder)
    made = []
    for part in PARTS:
        made += [example for _, _, _, examples in words[part].values() for example in examples if 2 <= len(example.split()) <= 24]
    glosses = [f"{plain(lemmas[0])}: {gloss}" if rng.random() < 0.5 else gloss for part in PARTS for lemmas, _, gloss, _ in words[part].values() if 2 <= len(gloss.split()) <= 20]
    made += rng.sample(glosses, GLOSSES)

    nouns = words["noun"]
    lemmas = sorted({lemma for members, *_ in nouns.values() for lemma in members if len(lemma) > 2 and lemma.count("_") < 3})
    weights = list(itertools.accumulate(0.35 + count["noun", lemma] ** 0.6 for lemma in lemmas))
    things = rng.choices(lemmas, cum_weights=weights, k=THINGS)
    for lemma in things:
        made += [dressed(form.format(x=plain(lemma)), rng) for form in rng.sample(THING, FORMS_A_THING)]
    # Two things of one kind as often as any two: sisters are what questions are confused over.
    below = collections.defaultdict(list)
    for members, above, *_ in nouns.values():
        for parent in above:
            below[parent] += members[:2]
    sisters = [group for group in below.values() if len(group) > 2]
    for _ in range(TWOS):
        x, y = rng.sample(rng.choice(sisters), 2) if rng.random() < 0.5 else rng.choices(lemmas, cum_weights=weights, k=2)
        made.append(dressed(rng.choice(TWO).format(x=plain(x), y=plain(y)), rng))
        if rng.random() < 0.5:
            made.append(dressed((form := rng.choice(THING)).format(x=plain(x)), rng))
            made.append(dressed(form.format(x=plain(y)), rng))
    verbs = list(words["verb"].values())
    for members, _, gloss, _ in rng.sample(verbs, ACTIVITIES):
        object_of = plain(rng.choices(lemmas, cum_weights=weights)[0])
        phrase = gloss if rng.random() < 0.5 and 2 <= len(gloss.split()) <= 10 else f"{plain(rng.choice(members))} {rng.choice(['the ', 'a ', 'my ', ''])}{object_of}"
        made += [dressed(form.format(v=phrase), rng) for form in rng.sample(ACTIVITY, FORMS_AN_ACTIVITY)]

    requests = sorted({text for line in open(pairs_path, encoding="utf-8") for row in [json.loads(line)] for text in (row["a"], row["b"])})
    made += rng.sample(requests, min(REQUESTS, len(requests)))
    made = sorted({text.strip() for text in made if text.strip()})
    rng.shuffle(made)
    return made
