"""Sentence templates: `(a|b)` one of, `[x]` may be left out, `{slot}` a value, `<rule>` another template, `(a;b)` any order."""

import random
import re

# Values stand between these marks until the text is finished, so that noise and rewording leave them alone.
OPEN, CLOSE = "\x01", "\x02"
MAX_SPLITS = 64


def parse(text):
    """The template as a nested tuple: ("seq", ...), ("alt", ...), ("opt", x), ("perm", ...), ("slot", name), ("rule", name)."""
    node, end = _alternatives(text, 0, "")
    if end != len(text):
        raise ValueError(f"unbalanced template: {text!r}")
    return node


def _alternatives(text, at, closing):
    options, perms, seq, literal = [], [], [], []

    def flush():
        if literal:
            seq.append("".join(literal))
            literal.clear()

    def finish():
        flush()
        done = ("seq", *seq)
        seq.clear()
        return done

    while at < len(text):
        char = text[at]
        if closing and char == closing:
            break
        if char in "([":
            flush()
            inner, at = _alternatives(text, at + 1, ")" if char == "(" else "]")
            if at >= len(text):
                raise ValueError(f"unbalanced template: {text!r}")
            seq.append(inner if char == "(" else ("opt", inner))
            at += 1
        elif char in "{<":
            flush()
            stop = text.index("}" if char == "{" else ">", at)
            name = text[at + 1 : stop]
            seq.append(("slot", name) if char == "{" else ("rule", name))
            at = stop + 1
        elif char == "|" and closing:
            options.append(finish())
            at += 1
        elif char == ";" and closing:
            perms.append(finish())
            at += 1
        elif char == "\\" and at + 1 < len(text):
            literal.append(text[at + 1])
            at += 2
        else:
            literal.append(char)
            at += 1
    last = finish()
    if perms:
        return ("perm", *perms, last), at
    if options:
        return ("alt", *options, last), at
    return last, at


def sample(node, rng, slot, rules=None):
    """One text of the template. `slot(name)` gives the text of a value, `rules` the other templates by name."""
    if isinstance(node, str):
        return node
    kind, *rest = node
    if kind == "seq":
        return "".join(sample(part, rng, slot, rules) for part in rest)
    if kind == "alt":
        return sample(rng.choice(rest), rng, slot, rules)
    if kind == "opt":
        return sample(rest[0], rng, slot, rules) if rng.random() < 0.5 else ""
    if kind == "perm":
        order = list(rest)
        rng.shuffle(order)
        return " ".join(sample(part, rng, slot, rules) for part in order)
    if kind == "rule":
        return sample(rules[rest[0]], rng, slot, rules)
    return slot(rest[0])


def slots_of(node, rules=None):
    """The slot names a template can mention."""
    if isinstance(node, str):
        return set()
    kind, *rest = node
    if kind == "slot":
        return {rest[0]}
    if kind == "rule":
        return slots_of(rules[rest[0]], rules)
    return set().union(*(slots_of(part, rules) for part in rest)) if rest else set()


def split_optional_slots(text):
    """Every version of the template in which an optional part or alternative with a slot is decided.

    A part that carries a value changes what is asked, so it must not come and go by chance.
    """
    done, todo = [], [text]
    while todo and len(done) + len(todo) <= MAX_SPLITS:
        current = todo.pop()
        match = re.search(r"\[([^\[\]()]*\{[^\[\]()]*)\]", current) or _optional_with_slot(current)
        if match is None:
            done.append(current)
            continue
        start, stop, inside = match if isinstance(match, tuple) else (match.start(), match.end(), match.group(1))
        todo.append(current[:start] + inside + current[stop:])
        todo.append(current[:start] + current[stop:])
    return done


def _optional_with_slot(text):
    """The first `[...]` (however nested) with a slot in it: start, end, inside."""
    stack = []
    for at, char in enumerate(text):
        if char == "[":
            stack.append(at)
        elif char == "]":
            start = stack.pop()
            if "{" in text[start:at]:
                inside = text[start + 1 : at]
                return start, at + 1, f"({inside})" if "|" in inside else inside
    return None


def tidy(text):
    """Spaces and punctuation as one would type them."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([,.?!;])", r"\1", text)
    return re.sub(r"([,;])\1+", r"\1", text)


def strip_marks(text):
    """The finished text, without the marks around values."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def mark(value):
    """A value between marks."""
    return f"{OPEN}{value}{CLOSE}"


def outside(text, change):
    """`change` applied to every stretch of text that is no value."""
    parts = re.split(f"({OPEN}[^{CLOSE}]*{CLOSE})", text)
    return "".join(part if part.startswith(OPEN) else change(part) for part in parts)


def words(text):
    """Lower-case words and numbers."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


def overlap(a, b):
    """Share of common words (Jaccard)."""
    one, two = set(words(a)), set(words(b))
    return len(one & two) / max(1, len(one | two))


def normal(text):
    """The text as compared for equality: case, spaces and outer punctuation do not count."""
    return " ".join(re.findall(r"[^\s]+", text.lower())).strip(" .?!,")


def rng_of(seed, *names):
    """A generator of its own for every named part, so that widening one part leaves the others as they were."""
    return random.Random(f"{seed}/" + "/".join(names))
