"""Small changes that do not change what a text asks for: courtesy, typing slips, casing, contractions, everyday synonyms."""

import re

from .grammar import CLOSE, OPEN, normal, outside

IMPERATIVE = set("""show display find search look get give tell list play set turn switch open close add put remove delete create make
send write book reserve order buy cancel start stop pause resume mute skip remind wake schedule change update edit rename mark filter
view check compare download upload share follow subscribe rate submit apply call text message email reply forward archive move star log
sign fill post comment read explain describe define translate convert calculate compute solve name go navigate pick select choose take bring
pull fetch retrieve locate recommend suggest track print save record replay shuffle lower raise dim increase decrease lock unlock
activate deactivate enable disable vacuum clean plan summarize help generate implement count sort assign arrange request enter purchase place erase
register note attach invite reschedule postpone pin archive load bring browse visit access use let inform notify broadcast announce""".split())

BEFORE_VERB = ["please ", "could you ", "can you ", "could you please ", "can you please ", "I'd like you to ", "I need you to ",
               "I want you to ", "would you ", "go ahead and ", "kindly ", "help me ", "hey, ", "hi, please ",
               "now ", "okay, ", "your task is to ", "the task: ", "next, ", "I would appreciate it if you could ", "you should ",
               "can u ", "pls ", "try to ", "your job: ", "for me, ", "quickly "]
AFTER_VERB = [" please", ", please", " for me", ", thanks", ". Thank you", " now", " if you can", " for me please", " right away",
              ". Thanks in advance", " when you get a chance", ", that's all", " asap", ". It's urgent", " pls", ", would you?"]
BEFORE_QUESTION = ["hi, ", "hey, ", "quick question: ", "I was wondering, ", "question: ", "hello! ", "just curious, ", "sorry, but ",
                   "so ", "ok, ", "please tell me: ", "does anyone know: ", "I need to know: ", "serious question, ", "excuse me, "]
AFTER_QUESTION = [" thanks", " Any help is appreciated.", " I'm curious.", " Thanks in advance!", " please help",
                  " I can't work it out.", " I would really like to know."]

CONTRACT = [("what is", "what's"), ("who is", "who's"), ("where is", "where's"), ("how is", "how's"), ("I am", "I'm"), ("I would", "I'd"),
            ("do not", "don't"), ("does not", "doesn't"), ("is not", "isn't"), ("are not", "aren't"), ("cannot", "can't"),
            ("it is", "it's"), ("I have", "I've"), ("should not", "shouldn't"), ("did not", "didn't"), ("was not", "wasn't"),
            ("what are", "what're"), ("want to", "wanna"), ("going to", "gonna"), ("you", "u"), ("for", "4"), ("please", "plz"),
            ("because", "bc"), ("people", "ppl"), ("without", "w/o"), ("with", "w/"), ("and", "&"), ("about", "abt"), ("are you", "r u")]

# Exchangeable almost anywhere; words with several common senses are left out.
SYNONYMS = """movie film; movies films; purchase buy; photo picture; photos pictures; begin start; big large; quick fast; kids children;
automobile car; error mistake; errors mistakes; job position; jobs positions; apartment flat; holiday vacation; doctor physician; ill sick; center centre; colour color;
favourite favorite; although though; nearby close; important significant; difficult hard; simple easy; correct right; wrong incorrect;
required needed; often frequently; usually normally; maybe perhaps; approximately roughly; assist help; locate find; display show;
delete remove; cheapest least-expensive; pretty beautiful; smart intelligent; rapidly quickly; famous well-known; beneficial helpful;
attempt try; gift present; autumn fall; couch sofa; garbage trash; phone telephone; bike bicycle; tv television; info information;
ad advertisement; exam test; laptop notebook; entire whole; additional extra; numerous many; sufficient enough;
currently presently; currently now; immediately instantly; especially particularly; therefore thus; select choose; listing entry; listings entries; review feedback; meeting appointment; author writer; authors writers;
company firm; companies firms; shop store; shops stores; garden yard; wealthy rich; annual yearly; monthly each-month; weekly every-week""".replace("\n", " ")
PAIRS = {}
for _pair in SYNONYMS.split(";"):
    _one, _two = (w.replace("-", " ") for w in _pair.split())
    PAIRS.setdefault(_one, []).append(_two)
    PAIRS.setdefault(_two, []).append(_one)
# Not where both senses would matter next to each other.
for _word in ("right", "present", "fall", "test", "about", "around", "hard", "close", "flat", "notebook", "notes", "note", "product"):
    PAIRS.pop(_word, None)

KEYS = {a: b for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for a, b in zip(row, row[1:])}


def lower_first(text):
    """The text to follow other words: no leading capital, unless it is I or a value."""
    if text.startswith(OPEN) or re.match(r"I\b|I'|[A-Z]{2}", text):
        return text
    return text[:1].lower() + text[1:]


def upper_first(text):
    """The text as a sentence of its own."""
    return text[:1].upper() + text[1:] if not text.startswith(OPEN) else text


def polite(text, rng):
    """The same request with courtesy or lead-in words; None where none fits."""
    first = re.match(r"[A-Za-z']+", text)
    end = text.rstrip()
    mark = end[-1] if end and end[-1] in ".?!" else ""
    bare = end[:-1] if mark else end
    verb = first and first.group().lower() in IMPERATIVE
    if verb:
        if rng.random() < 0.65:
            made = rng.choice(BEFORE_VERB) + lower_first(bare)
            if rng.random() < 0.3:
                made += rng.choice(AFTER_VERB)
            return made + mark
        return bare + rng.choice(AFTER_VERB) + mark.replace("?", "")
    if mark == "?" or (first and first.group().lower() in QUESTION_WORDS):
        if rng.random() < 0.6:
            return rng.choice(BEFORE_QUESTION) + lower_first(end)
        return end + rng.choice(AFTER_QUESTION)
    return None


QUESTION_WORDS = set("what who where when why how which is are do does did can could should will would whose was were has have am".split())


def contract(text, rng):
    """One or two contractions or chat spellings; None where none applies."""
    changed = text
    for long, short in rng.sample(CONTRACT, len(CONTRACT)):
        if rng.random() < 0.5:
            changed = outside(changed, lambda part: re.sub(rf"\b{long}\b", short, part, count=1, flags=re.IGNORECASE))
        if changed != text and rng.random() < 0.5:
            break
    return changed if changed != text else None


def typo(text, rng):
    """One or two typing slips in words outside values; None where no word is long enough."""
    spots = []
    for part in re.finditer(f"{OPEN}[^{CLOSE}]*{CLOSE}|[A-Za-z]{{4,}}", text):
        if not part.group().startswith(OPEN) and part.group().lower() not in GUARDED:
            spots.append(part)
    if not spots:
        return None
    chosen = sorted(rng.sample(spots, min(len(spots), rng.choice([1, 1, 2]))), key=lambda s: -s.start())
    for spot in chosen:
        word = spot.group()
        at = rng.randrange(1, len(word) - 1)
        way = rng.randrange(4)
        if way == 0:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif way == 1:
            word = word[:at] + word[at + 1 :]
        elif way == 2:
            word = word[:at] + word[at] + word[at:]
        else:
            word = word[:at] + KEYS.get(word[at].lower(), word[at]) + word[at + 1 :]
        text = text[: spot.start()] + word + text[spot.end() :]
    return text


# A slip in one of these could read as another word that changes the meaning.
GUARDED = set("""not none never without less more than except before after above below from into over under highest lowest cheapest
three four five seven eight nine like most least best worst last next past same send sent lend lend""".split())


def casing(text, rng):
    """Lower case throughout, shouting, or without the last punctuation mark."""
    way = rng.randrange(6)
    if way == 0 and len(text) < 60:
        return text.upper()
    if way <= 3:
        return text.lower().rstrip(".?!")
    if way == 4:
        return text.rstrip(".?!")
    return text.replace(",", "").rstrip(".?!")


def synonyms(text, rng, more=None):
    """Everyday synonyms for words outside values; None where none applies."""
    def swap(part):
        def one(match):
            word = match.group()
            options = PAIRS.get(word.lower()) or (more or {}).get(word.lower())
            if not options or rng.random() < 0.25:
                return word
            found = rng.choice(options)
            return found.capitalize() if word[0].isupper() else found
        return re.sub(r"\b[A-Za-z]+\b", one, part)

    changed = outside(text, swap)
    changed = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", changed)
    changed = re.sub(r"\b([Aa])n (?=[bcdfgjklmpqrstvwxz])", r"\1 ", changed)
    return changed if changed != text else None


def roughen(text, rng):
    """Some slips at once, as in hurried typing."""
    steps = [step for step in (contract, typo, casing) if rng.random() < 0.5] or [casing]
    changed = text
    for step in steps:
        changed = step(changed, rng) or changed
    # Mostly more than case and punctuation, which are the easiest part.
    if normal(changed) == normal(text) and rng.random() < 0.8:
        changed = typo(changed, rng) or changed
    return changed


FILLERS = ["nowadays", "these days", "in your opinion", "according to you", "in general", "exactly", "generally speaking", "as of now", "if I may ask", "honestly"]
QUALIFIERS = ["in India", "in the US", "in Germany", "in Japan", "for free", "as a teenager", "as a student", "after 50", "at home", "in winter", "in summer",
              "in one week", "in one month", "in a year", "with kids", "for a woman", "for a man", "while pregnant", "in 2010", "in 2020", "for a school project", "before an exam",
              "during Ramadan", "as a vegetarian", "on weekends", "at night", "with a full-time job", "in a small town", "in a big city"]


def append(text, words):
    """Words put at the end, before the question mark."""
    mark = "?" if text.endswith("?") else "." if text.endswith(".") else ""
    return f"{text[: len(text) - len(mark)]} {words}{mark}"


def filler(text, rng):
    """A question with words that add nothing."""
    words = rng.choice(FILLERS)
    if rng.random() < 0.5:
        return append(text, words)
    return f"{words}, {lower_first(text)}"


def negate(text):
    """The text with its first verb of being, or helping verb, denied; None where there is none or it is denied already."""
    if re.search(r"\b(not|never|no|nor|neither|\w+n't|cannot|without)\b", text, re.IGNORECASE):
        return None
    found = next((m for m in re.finditer(f"{OPEN}[^{CLOSE}]*{CLOSE}|\\b(?:was|were|is|are|has been|can|could|should|will)\\b", text) if not m.group().startswith(OPEN)), None)
    if found is None:
        return None
    verb = {"can": "cannot", "has been": "has not been"}.get(found.group(), found.group() + " not")
    return text[: found.start()] + verb + text[found.end() :]
