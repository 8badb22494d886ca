"""Web-agent tasks: an action on a record picked by conditions, in formal and everyday wordings."""

import re

from . import noise
from .grammar import mark, tidy
from .values import Decimal, Fixed, Number
from .webdomains import COMMON, DOMAINS, EXTRA

# `{f}` field, `{q}` value in the text's own quotes.
OPERATORS = {
    "eq": ["{f} equals {q}", "{f} is {q}", "{f} is equal to {q}", "{f} = {q}", "{f} being {q}", "the {f} is {q}", "{f} matches {q} exactly"],
    "ne": ["{f} is not {q}", "{f} is not equal to {q}", "{f} not equals {q}", "{f} differs from {q}", "{f} != {q}", "{f} is anything but {q}",
           "{f} is something other than {q}", "the {f} isn't {q}"],
    "contains": ["{f} contains {q}", "{f} includes {q}", "{f} has {q} in it", "the {f} containing {q}", "{f} contains the text {q}"],
    "notcontains": ["{f} does not contain {q}", "{f} not containing {q}", "{f} doesn't include {q}", "{f} without {q} in it"],
    "starts": ["{f} starts with {q}", "{f} begins with {q}", "the {f} starting with {q}"],
    "ends": ["{f} ends with {q}", "{f} finishes with {q}", "the {f} ending in {q}"],
    "gt": ["{f} is greater than {q}", "{f} > {q}", "{f} above {q}", "{f} more than {q}", "{f} higher than {q}", "{f} exceeds {q}"],
    "lt": ["{f} is less than {q}", "{f} < {q}", "{f} below {q}", "{f} lower than {q}", "{f} under {q}", "{f} is smaller than {q}"],
    "ge": ["{f} is greater than or equal to {q}", "{f} >= {q}", "{f} of at least {q}", "{f} is {q} or more", "{f} not less than {q}", "{f} no lower than {q}"],
    "le": ["{f} is less than or equal to {q}", "{f} <= {q}", "{f} of at most {q}", "{f} is {q} or less", "{f} not more than {q}", "{f} up to {q}"],
    "after": ["{f} is after {q}", "{f} later than {q}", "{f} > {q}", "{f} comes after {q}"],
    "before": ["{f} is before {q}", "{f} earlier than {q}", "{f} < {q}", "{f} comes before {q}"],
    "in": ["{f} is one of {q}", "{f} in {q}", "{f} is any of {q}", "{f} among {q}"],
    "notin": ["{f} is none of {q}", "{f} not in {q}", "{f} is not one of {q}", "{f} is not among {q}"],
    "has": ["{f} include {q}", "{f} contain {q}", "{q} is among the {f}"],
    "hasnot": ["{f} do not include {q}", "{f} don't contain {q}", "{q} is not among the {f}"],
}
OPPOSITE = {"eq": ["ne", "contains"], "ne": ["eq", "notcontains"], "contains": ["notcontains", "eq"], "notcontains": ["contains"], "gt": ["lt", "ge", "eq"],
            "lt": ["gt", "le"], "ge": ["le", "gt"], "le": ["ge", "lt"], "after": ["before"], "before": ["after"], "in": ["notin"], "notin": ["in"],
            "has": ["hasnot"], "hasnot": ["has"], "starts": ["contains", "ends"], "ends": ["starts", "contains"]}
NUMERIC = ("eq", "ne", "gt", "lt", "ge", "le")
TEXTUAL = ("eq", "eq", "ne", "contains", "notcontains", "eq")
DATES = ("fulldate", "date", "time")
QUOTES = ["'{}'", "'{}'", '"{}"', "{}", "{}", "“{}”"]


class Field:
    """A field of a record: names, value pool and natural wordings per operator."""

    def __init__(self, key, spec, pools):
        self.key, self.type = key, spec[0]
        self.pool = pools[self.type]
        self.names = spec[1].split("|")
        self.natural = {}
        for part in spec[2].split(";"):
            op, _, wordings = part.partition(":")
            self.natural[op.strip()] = [w.strip() for w in wordings.split("|")]
        if self.type in DATES:
            self.natural = {{"gt": "after", "lt": "before"}.get(op, op): w for op, w in self.natural.items()}
            self.ops = ("eq", "after", "before", "ne")
        elif "has" in self.natural:
            self.ops = ("has", "hasnot")
        elif self.pool.kind == "number":
            self.ops = NUMERIC
        elif isinstance(self.pool, Fixed):
            self.ops = ("eq", "eq", "ne", "in", "notin", "contains")
        else:
            self.ops = TEXTUAL + ("starts", "ends")

    def draw(self, rng, op):
        """A value fit for the operator."""
        value = self.pool.draw(rng)
        if op in ("in", "notin"):
            found = [value[0]]
            while len(found) < rng.choice([2, 2, 3]):
                other = self.pool.draw(rng)[0]
                if other not in found:
                    found.append(other)
            return (", ".join(found),)
        if op in ("contains", "notcontains") and not value[0].startswith("a "):
            pieces = [w for w in re.split(r"[ ,@._]+", value[0]) if len(w) > 3] or [value[0]]
            return (rng.choice(pieces),)
        if op == "starts":
            return (value[0].split(" ")[0],)
        if op == "ends":
            return (value[0].split(" ")[-1],)
        return value

    def other(self, rng, op, value):
        """A near miss of the value."""
        if op in ("in", "notin"):
            items = value[0].split(", ")
            at = rng.randrange(len(items))
            while True:
                fresh = self.pool.draw(rng)[0]
                if fresh not in items:
                    items[at] = fresh
                    return (", ".join(items),)
        if op in ("contains", "notcontains", "starts", "ends"):
            while True:
                fresh = self.draw(rng, op)
                if fresh[0].lower() not in value[0].lower() and value[0].lower() not in fresh[0].lower():
                    return fresh
        for _ in range(20):
            fresh = self.pool.other(rng, value)
            if not set(fresh) & set(value):
                return fresh
        return None


class Site:
    """A domain with its fields made ready."""

    def __init__(self, name, pools):
        nouns, fields, actions, pages = DOMAINS[name]
        self.name, self.nouns = name, nouns.split("|")
        self.fields = {key: Field(key, spec, pools) for key, spec in fields.items()}
        self.actions = {key: wordings or COMMON[key] for key, wordings in actions.items()}
        self.pages = [group.strip().split("|") for group in pages.split(";") if group.strip()]
        self.pools = pools


def site_pools(pools):
    """The pools of `values` with those only web tasks use."""
    made = dict(pools)
    made.update({key: Fixed(text) for key, text in EXTRA.items()})
    made.update(runtime=Number(60, 220, spell=False), wait=Number(10, 90, 5, False), salary=Number(30000, 200000, 5000, False, "${}"),
                house=Number(100000, 900000, 10000, False, "${}"), score=Decimal(2, 10))
    return made


def task(site, rng):
    """A task: action, conditions, new values and the action's own values."""
    keys = list(site.fields)
    action = rng.choice([a for a in site.actions for _ in range(1 if a.startswith("+") else 2)])
    count = rng.choice([1, 1, 2, 2, 2, 3, 3, 4])
    conditions = []
    picked = rng.sample(keys, min(count, len(keys)))
    wordings = " ".join(site.actions[action])
    twins = [(a, b) for a in keys for b in keys if a < b and site.fields[a].type == site.fields[b].type]
    if twins and "{o}" in wordings and not action.startswith("+") and rng.random() < 0.3:
        # Two fields of one type, so that their values can be mixed up.
        op = rng.choice(["eq", "eq", "ne", "contains"])
        pair = rng.choice(twins)
        conditions = [(key, op, site.fields[key].draw(rng, op)) for key in pair]
        picked = [key for key in picked if key not in pair][: rng.choice([0, 0, 1])]
    if "{o}" in wordings:
        for key in picked if not action.startswith("+") else picked[:2]:
            op = rng.choice(site.fields[key].ops)
            conditions.append((key, op, site.fields[key].draw(rng, op)))
    new = []
    if "{a}" in wordings:
        for key in rng.sample(keys, min(len(keys), rng.choice([1, 2, 3] if "{o}" in wordings else [2, 3, 4]))):
            new.append((key, "set", site.fields[key].pool.draw(rng)))
    own = {}
    for slot, pool in (("n", "small"), ("d", "dish"), ("p", "person"), ("m", "message"), ("x", "fulldate"), ("y", "fulldate")):
        if "{" + slot + "}" in wordings:
            own[slot] = site.pools[pool].draw(rng)
    if "x" in own and own["x"] == own["y"]:
        own["y"] = site.pools["fulldate"].other(rng, own["x"])
    login = (site.pools["user"].draw(rng)[0], site.pools["password"].draw(rng)[0]) if rng.random() < 0.12 else None
    return {"action": action, "where": tuple(conditions), "set": tuple(new), "own": own, "login": login}


def same(one, two):
    """Whether two tasks ask for the same."""
    def key(made):
        return made["action"], frozenset(made["where"]), frozenset(made["set"]), tuple(sorted(made["own"].items())), made["login"]
    return key(one) == key(two)


def style(site, rng):
    """How a person words things: which wording of action, noun, conditions, quotes, order. Same style, same surface."""
    return {"action": rng.random(), "noun": rng.random(), "quote": rng.choice(QUOTES), "join": rng.randrange(6), "natural": rng.random(),
            "field": {key: rng.random() for key in site.fields}, "op": rng.random(), "form": {key: rng.random() for key in site.fields},
            "order": rng.random(), "login": rng.random(), "end": rng.choice([".", "", "", "."]), "article": rng.random()}


def pick(options, share):
    """The option at a place between 0 and 1."""
    return options[int(share * len(options)) % len(options)]


def shuffled(items, share):
    """The items in an order told by a place between 0 and 1."""
    left, made = sorted(items), []
    while left:
        share = share * len(left)
        at = int(share) % len(left)
        share -= int(share)
        made.append(left.pop(at))
    return made


def render(site, made, how, order=None):
    """The task as text in a style."""
    wording = pick(site.actions[made["action"]], how["action"])
    noun = pick(site.nouns, how["noun"])

    def value(options, key):
        return mark(pick(options, how["form"].get(key, 0.0)))

    def quoted(options, key):
        return how["quote"].replace("{}", value(options, key))

    natural, formal = [], []
    for key, op, options in order or shuffled(made["where"], how["order"]):
        field = site.fields[key]
        if op in field.natural and how["natural"] < 0.62:
            text = pick(field.natural[op], how["field"][key])
            text = text.replace("{v}", value(options, key) if how["natural"] < 0.45 else quoted(options, key))
            natural.append(text)
        else:
            text = pick(OPERATORS[op], (how["op"] + how["field"][key]) % 1.0)
            text = text.replace("{f}", pick(field.names, how["field"][key]))
            if op in ("in", "notin"):
                parts = [f"'{mark(v)}'" for v in options[0].split(", ")]
                listed = [f"[{', '.join(parts)}]", " or ".join(parts) if op == "in" else ", ".join(parts)][how["join"] % 2]
                text = text.replace("{q}", listed)
            else:
                text = text.replace("{q}", quoted(options, key))
            formal.append(text)
    article = pick(["the", "a", "the", "that"] if len(made["where"]) != 1 else ["the", "a"], how["article"])
    if article == "a" and noun[0] in "aeiou":
        article = "an"
    record = f"{article} {noun}"
    if natural:
        record += " " + [" ", " and ", " ", ", ", " ", " and "][how["join"]].join(natural)
    if formal:
        opener = [" where ", " whose ", " with ", " for which ", " such that ", " where "][how["join"]]
        glue = [" and ", " and ", ", ", " AND ", " and ", ", and "][how["join"]]
        record += (", and" if natural and how["join"] % 2 else "") + opener + glue.join(formal)
    if not natural and not formal:
        record = f"the {noun}"
    settings = []
    for key, _, options in shuffled(made["set"], how["order"]):
        name = pick(site.fields[key].names, how["field"][key])
        shape = ["{f} {q}", "{f} set to {q}", "{f}: {q}", "the {f} {q}", "{f} = {q}", "{q} as the {f}"][how["join"]]
        settings.append(shape.replace("{f}", name).replace("{q}", quoted(options, key)))
    text = wording.replace("{a}", [", ", " and ", ", ", " and ", "; ", ", "][how["join"]].join(settings)).replace("{o}", record)
    for slot, options in made["own"].items():
        text = text.replace("{" + slot + "}", mark(pick(options, how["form"].get(slot, how["op"]))))
    if made["login"]:
        user, password = (mark(part) for part in made["login"])
        lead = pick(["log in as {u} with password {p}, then {t}", "first sign in with username '{u}' and password '{p}' and {t}",
                     "after logging in (user {u}, password {p}), {t}", "{t}. Before that, authenticate as {u} using the password {p}",
                     "sign in using the credentials {u} / {p}. Then {t}"], how["login"])
        text = lead.replace("{t}", noise.lower_first(text)).replace("{u}", user).replace("{p}", password)
    text = tidy(noise.upper_first(text) if how["join"] != 4 else text)
    return text + how["end"] if not text.endswith((".", "?", "!")) else text


def change_value(site, made, rng):
    """The task with one value changed, and what kind of change it is."""
    places = [("where", i) for i in range(len(made["where"]))] + [("set", i) for i in range(len(made["set"]))] + [("own", k) for k in made["own"]]
    if made["login"] and (not places or rng.random() < 0.1):
        return {**made, "login": (site.pools["user"].other(rng, (made["login"][0],))[0], made["login"][1])}, "neg_login"
    if not places:
        return None
    part, at = rng.choice(places)
    if part == "own":
        pool = site.pools[{"n": "small", "d": "dish", "p": "person", "m": "message", "x": "fulldate", "y": "fulldate"}[at]]
        fresh = pool.other(rng, made["own"][at])
        return {**made, "own": {**made["own"], at: fresh}}, "neg_number" if pool.kind == "number" else "neg_entity"
    key, op, options = made[part][at]
    field = site.fields[key]
    fresh = field.other(rng, op, options)
    if fresh is None:
        return None
    changed = list(made[part])
    changed[at] = (key, op, fresh)
    kind = "neg_number" if field.pool.kind == "number" else "neg_quoted" if field.pool.kind == "quoted" else "neg_entity"
    return {**made, part: tuple(changed)}, kind


def change_operator(site, made, rng):
    """The task with one comparison turned."""
    if not made["where"]:
        return None
    at = rng.randrange(len(made["where"]))
    key, op, options = made["where"][at]
    options_ops = [o for o in OPPOSITE[op] if o in site.fields[key].ops or o in ("ge", "le") and "gt" in site.fields[key].ops]
    if not options_ops:
        return None
    changed = list(made["where"])
    changed[at] = (key, rng.choice(options_ops), options)
    return {**made, "where": tuple(changed)}, "neg_operator"


def change_action(site, made, rng):
    """The same record, another action."""
    if not made["where"] or made["set"]:
        return None
    mine = {s for s in "nmdpxya" if any("{" + s + "}" in w for w in site.actions[made["action"]])}
    options = [a for a, w in site.actions.items() if a != made["action"] and {s for s in "nmdpxya" if any("{" + s + "}" in t for t in w)} == mine]
    # Looking a record up and opening it are too near to call different.
    near = {"search": {"details"}, "details": {"search", "edit", "preview", "syllabus"}, "edit": {"details"}}
    options = [a for a in options if a not in near.get(made["action"], ()) and made["action"] not in near.get(a, ())]
    return ({**made, "action": rng.choice(options)}, "neg_verb") if options else None


def change_field(site, made, rng):
    """The same value asked of another field of the same type, or swapped between two."""
    for part in ("where", "set"):
        by_type = {}
        for key, op, options in made[part]:
            by_type.setdefault(site.fields[key].type, []).append((key, op, options))
        for group in by_type.values():
            if len(group) > 1 and group[0][2] != group[1][2] and group[0][1] == group[1][1]:
                (k1, op, v1), (k2, _, v2) = group[:2]
                rest = [c for c in made[part] if c[0] not in (k1, k2)]
                return {**made, part: tuple(rest + [(k1, op, v2), (k2, op, v1)])}, "neg_swap"
    if "x" in made["own"]:
        return {**made, "own": {**made["own"], "x": made["own"]["y"], "y": made["own"]["x"]}}, "neg_swap"
    for part in ("where", "set"):
        for at, (key, op, options) in enumerate(made[part]):
            kin = [k for k, f in site.fields.items() if k != key and f.type == site.fields[key].type and k not in {c[0] for c in made[part]}]
            if kin:
                changed = list(made[part])
                changed[at] = (rng.choice(kin), op, options)
                return {**made, part: tuple(changed)}, "neg_field"
    return None


def add_or_drop(site, made, rng):
    """One condition more or less."""
    part = "set" if made["set"] and rng.random() < 0.5 else "where"
    if len(made[part]) > 1 and rng.random() < 0.5:
        at = rng.randrange(len(made[part]))
        return {**made, part: made[part][:at] + made[part][at + 1 :]}, "neg_slot_dropped"
    if not made[part]:
        return None
    free = [k for k in site.fields if k not in {c[0] for c in made[part]}]
    if not free:
        return None
    key = rng.choice(free)
    op = "set" if part == "set" else rng.choice(site.fields[key].ops)
    value = site.fields[key].pool.draw(rng) if op == "set" else site.fields[key].draw(rng, op)
    return {**made, part: made[part] + ((key, op, value),)}, "neg_slot_added"


def login_changed(site, made, rng):
    """With another account, or with none."""
    if not made["login"]:
        return None
    if rng.random() < 0.5:
        return {**made, "login": None}, "neg_login"
    return {**made, "login": (site.pools["user"].other(rng, (made["login"][0],))[0], made["login"][1])}, "neg_login"


CHANGES = [change_value, change_value, change_value, change_operator, change_operator, change_action, change_field, change_field, add_or_drop, login_changed]


def page_pairs(site, rng):
    """Pairs of short commands on the site itself."""
    one, two = rng.sample(site.pages, 2)
    if rng.random() < 0.5 and len(one) > 1:
        a, b = rng.sample(one, 2)
        return a, b, 1, "para_template"
    return rng.choice(one), rng.choice(two), 0, "neg_verb"


def pairs(site, rng):
    """Endless pairs (a, b, label, kind) of one site, values still marked."""
    while True:
        if site.pages and rng.random() < 0.04:
            yield page_pairs(site, rng)
            continue
        made = task(site, rng)
        how = style(site, rng)
        first = render(site, made, how)
        way = rng.random()
        if way < 0.24:
            second = style(site, rng)
            if second["quote"] != how["quote"] or rng.random() < 0.5:
                yield first, render(site, made, second), 1, "para_template"
        elif way < 0.32 and len(made["where"]) + len(made["set"]) > 1:
            second = {**how, "order": rng.random()}
            yield first, render(site, made, second), 1, "para_reorder"
        elif way < 0.38:
            changed = noise.polite(first, rng)
            if changed:
                yield first, changed, 1, "para_polite"
        elif way < 0.44:
            changed = {**how, **{part: rng.random() for part in rng.choice([["action"], ["op"], ["noun", "action"], ["noun"]])}}
            yield first, render(site, made, changed), 1, "para_synonym"
        elif way < 0.48:
            changed = {**how, "form": {key: rng.random() for key in site.fields}, "quote": rng.choice(QUOTES)}
            yield first, render(site, made, changed), 1, "para_format"
        elif way < 0.52:
            yield first, noise.roughen(first, rng), 1, "para_noise"
        else:
            found = rng.choice(CHANGES)(site, made, rng)
            if not found or same(made, found[0]):
                continue
            changed, kind = found
            # Most near misses keep the wording and only change the fact; some reword everything else as well.
            again = how if rng.random() < 0.62 else {**style(site, rng), "quote": how["quote"]}
            second = render(site, changed, again)
            if rng.random() < 0.12:
                second = noise.polite(second, rng) or second
            yield first, second, 0, kind if again is how else kind + "_reworded"
