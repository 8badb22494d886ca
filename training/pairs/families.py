"""Families of requests: intents in many wordings over shared slots.

A wording of the same intent with the same values asks for the same; any other value, slot or intent asks for something else.
"""

from . import noise
from .grammar import mark, overlap, parse, sample, slots_of, split_optional_slots, strip_marks, tidy


class Intent:
    """Wordings with exactly the same slots."""

    def __init__(self, name, slots):
        self.name, self.slots, self.templates = name, slots, []


class Family:
    """A group of intents; `pools` by slot name; `same_type` slots may be swapped."""

    def __init__(self, name, intents, pools, rules=None, kind_of_intent="neg_same_topic", confusable=True, style="", upper=0.5, apart=None, symmetric=False, unordered=()):
        self.name, self.pools, self.rules, self.upper = name, pools, rules, upper
        self.kind_of_intent, self.confusable = kind_of_intent, confusable
        # "question": takes qualifiers and fillers; "fact": can be denied and joined with another fact.
        self.style = style
        # Whether two intents of different name surely ask for different things.
        self.apart = apart or (lambda one, two: one.name != two.name)
        # Two slots of one type stand for an unordered pair.
        self.symmetric, self.unordered = symmetric, frozenset(unordered)
        grouped = {}
        for intent, wordings in intents.items():
            for line in wordings if isinstance(wordings, list) else wordings.strip().split("\n"):
                if not line.strip():
                    continue
                for version in split_optional_slots(line.strip()):
                    node = parse(version)
                    slots = frozenset(slots_of(node, rules))
                    key = (intent, slots)
                    grouped.setdefault(key, Intent(intent, slots)).templates.append(node)
        self.intents = list(grouped.values())
        missing = {s.partition(":")[0] for i in self.intents for s in i.slots} - set(pools)
        if missing:
            raise ValueError(f"{name}: no values for {sorted(missing)}")

    def draw(self, rng, slots):
        """Values for slots, all different within a type."""
        values = {}
        for slot in sorted(slots):
            pool = self.pools[slot.partition(":")[0]]
            for _ in range(20):
                values[slot] = pool.draw(rng)
                if list(values.values()).count(values[slot]) == 1:
                    break
        return values

    def say(self, intent, values, rng, form=None, template=None):
        """One text; `form` keeps the choice of wordings the same between two texts."""
        node = template if template is not None else rng.choice(intent.templates)

        def slot(name):
            wordings = values[name]
            return mark(wordings[0] if form is None or len(wordings) == 1 else form.choice(wordings))

        return tidy(sample(node, rng, slot, self.rules))

    def pairs(self, rng):
        """Endless pairs (a, b, label, kind), values still marked; None for an attempt that came to nothing."""
        while True:
            intent = rng.choice(self.intents)
            values = self.draw(rng, intent.slots)
            made = self._positive(intent, values, rng) if rng.random() < 0.5 else self._negative(intent, values, rng)
            if made is not None and self.style:
                made = self._dressed(made, rng)
            if made is None:
                yield None
            else:
                a, b, label, kind = made
                if rng.random() < self.upper:
                    a = noise.upper_first(a)
                if rng.random() < self.upper:
                    b = noise.upper_first(b)
                yield a, b, label, kind

    def _positive(self, intent, values, rng):
        form = rng if rng.random() < 0.4 else None
        first = self.say(intent, values, rng, form)
        way = rng.random()
        if way < 0.5:
            # Of several wordings, often the one with the fewest words in common.
            others = [self.say(intent, values, rng, form) for _ in range(rng.choice([1, 1, 4, 6]))]
            others = [o for o in others if o != first]
            if not others:
                return None
            second = min(others, key=lambda o: overlap(strip_marks(first), strip_marks(o)))
            if rng.random() < 0.15:
                second = noise.polite(second, rng) or second
            if rng.random() < 0.12:
                second = noise.roughen(second, rng)
            return first, second, 1, "para_template"
        if way < 0.57:
            state = rng.getstate()
            first = self.say(intent, values, rng, None, node := rng.choice(intent.templates))
            rng.setstate(state)
            second = self.say(intent, values, rng, None, node)
            for options in values.values():
                if len(options) > 1 and mark(options[0]) in second:
                    return first, second.replace(mark(options[0]), mark(rng.choice(options[1:]))), 1, "para_format"
            return None
        if way < 0.73:
            second = noise.polite(first, rng)
            if second and rng.random() < 0.25:
                second = noise.synonyms(second, rng) or second
            return (first, second, 1, "para_polite") if second else None
        if way < 0.86:
            second = noise.synonyms(first, rng)
            return (first, second, 1, "para_synonym") if second else None
        return first, noise.roughen(first, rng), 1, "para_noise"

    def _negative(self, intent, values, rng):
        node = rng.choice(intent.templates)
        way = rng.random()
        if way < 0.55 and intent.slots:
            slot = rng.choice(sorted(intent.slots))
            changed, kind = dict(values), None
            twins = [s for s in sorted(intent.slots) if s != slot and s.partition(":")[0].rstrip("0123456789") == slot.partition(":")[0].rstrip("0123456789")]
            if twins and not self.symmetric and intent.name not in self.unordered and rng.random() < 0.5:
                changed[slot], changed[twins[0]] = values[twins[0]], values[slot]
                kind = "neg_swap"
            else:
                pool = self.pools[slot.partition(":")[0]]
                fresh = pool.other(rng, values[slot])
                if fresh is None or set(fresh) & set(values[slot]) or fresh in values.values():
                    return None
                changed[slot] = fresh
                kind = {"number": "neg_number", "quoted": "neg_quoted"}.get(pool.kind, "neg_entity")
            if rng.random() < 0.55:
                state = rng.getstate()
                first = self.say(intent, values, rng, None, node)
                rng.setstate(state)
                second = self.say(intent, changed, rng, None, node)
            else:
                first = self.say(intent, values, rng, None, node)
                second = self.say(intent, changed, rng, rng)
                kind = "neg_same_intent_other_slot" if kind != "neg_swap" else "neg_swap"
            return self._touch(first, second, kind, rng)
        if not self.confusable:
            return None
        others = [o for o in self.intents if o.name == intent.name and o.slots != intent.slots and (o.slots < intent.slots or o.slots > intent.slots)]
        if others and way < 0.75:
            other = rng.choice(others)
            kind = "neg_slot_dropped" if other.slots < intent.slots else "neg_slot_added"
        else:
            others = [o for o in self.intents if self.apart(intent, o)]
            if not others:
                return None
            best = [o for o in others if o.slots == intent.slots] or others
            other = rng.choice(best if rng.random() < 0.8 else others)
            kind = self.kind_of_intent
            if rng.random() < 0.55 and best[0].slots == intent.slots:
                # The wording of any other question that comes nearest.
                first = self.say(intent, values, rng, None, node)
                seconds = [self.say(o, values, rng) for o in rng.choices(best, k=14)]
                second = max(seconds, key=lambda o: overlap(strip_marks(first), strip_marks(o)))
                return self._touch(first, second, kind, rng)
        more = {**self.draw(rng, other.slots), **{s: v for s, v in values.items() if s in other.slots}}
        first = self.say(intent, values, rng, None, node)
        # Of several wordings, often the one nearest to the first text: the hard case.
        seconds = [self.say(other, more, rng) for _ in range(rng.choice([1, 4, 8]))]
        second = max(seconds, key=lambda o: overlap(strip_marks(first), strip_marks(o)))
        return self._touch(first, second, kind, rng)

    def _dressed(self, made, rng):
        """The pair with what its style allows: an added condition, filler words, a denial, a second fact."""
        a, b, label, kind = made
        if self.style == "question":
            if rng.random() < 0.28:
                one, two = rng.sample(noise.QUALIFIERS, 2)
                if label == 1 and rng.random() < 0.5:
                    changed = noise.append(b, two if rng.random() < 0.6 else "").strip()
                    changed = changed.replace(" ?", "?")
                    return (noise.append(a, one), changed, 0, "neg_qualifier") if rng.random() < 0.5 else (changed, noise.append(a, one), 0, "neg_qualifier")
                return noise.append(a, one), noise.append(b, one), label, kind
            if label == 1 and rng.random() < 0.1:
                return a, noise.filler(b if rng.random() < 0.5 else a, rng), 1, "para_context"
            return made
        if label == 1 and rng.random() < 0.1:
            denied = noise.negate(b)
            if denied:
                return a, denied, 0, "neg_negation"
        if rng.random() < 0.3:
            other = rng.choice(self.intents)
            tail = self.say(other, self.draw(rng, other.slots), rng).rstrip(".")
            a, b = a.rstrip("."), b.rstrip(".")
            joined = rng.choice([", and ", ", while ", "; ", ". "])
            if kind in ("para_noise", "para_polite"):
                return made
            if label == 1 and rng.random() < 0.4:
                return f"{a}{joined}{tail}", f"{noise.upper_first(tail)}{joined}{noise.lower_first(b)}", 1, "para_reorder"
            return f"{a}{joined}{tail}", f"{b}{joined}{tail}", label, kind
        return made

    def _touch(self, first, second, kind, rng):
        """Courtesy and slips come with other tasks too, so they must not give the label away."""
        if rng.random() < 0.1:
            second = noise.polite(second, rng) or second
        if rng.random() < 0.1:
            second = noise.roughen(second, rng)
        return first, second, 0, kind
