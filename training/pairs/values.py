"""Values that fill slots. A value is a tuple of wordings that mean the same; near misses share words with it."""

import re

from faker import Faker

MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def spelled(number):
    """A number below 1000 in words."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + ("-" + ONES[number % 10] if number % 10 else "")
    rest = f" and {spelled(number % 100)}" if number % 100 else ""
    return f"{ONES[number // 100]} hundred{rest}"


def ordinal(number):
    """1st, 2nd, 3rd ..."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


class Fixed:
    """A closed list of values; a value may have several wordings, `a|b`."""

    kind = "entity"

    def __init__(self, text, kind="entity"):
        self.kind = kind
        self.values = [tuple(w.strip() for w in item.split("|")) for item in re.split(r"[;\n]", text) if item.strip()]
        by_word = {}
        for value in self.values:
            for word in set(re.findall(r"[a-z0-9]+", value[0].lower())):
                if len(word) > 2 and word not in ("the", "and", "with", "for"):
                    by_word.setdefault(word, []).append(value)
        self.by_word = by_word

    def draw(self, rng):
        return rng.choice(self.values)

    def other(self, rng, value):
        """Another value, sharing a word with it where there is one."""
        kin = [v for w in re.findall(r"[a-z0-9]+", value[0].lower()) for v in self.by_word.get(w, []) if v != value]
        if kin and rng.random() < 0.6:
            return rng.choice(kin)
        rest = [v for v in self.values if v != value]
        return rng.choice(rest) if rest else None


class Number:
    """Whole numbers, with the near misses people and machines confuse."""

    kind = "number"

    def __init__(self, low, high, step=1, spell=True, form="{}"):
        self.low, self.high, self.step, self.spell, self.form = low, high, step, spell, form

    def _value(self, number):
        forms = [self.form.format(number)]
        if self.spell and number <= 20:
            forms.append(self.form.format(spelled(number)))
        return tuple(forms)

    def draw(self, rng):
        return self._value(rng.randrange(self.low, self.high + 1, self.step))

    def other(self, rng, value):
        number = int(re.search(r"\d+", value[0]).group())
        digits = str(number)
        near = [number + self.step, number - self.step, number * 10, number + 10 * self.step, number * 2]
        if len(digits) > 1:
            near += [int(digits[::-1]), int(digits[0] + digits), number + int("1" + "0" * (len(digits) - 1))]
        near = [n for n in near if n != number and n >= self.low]
        return self._value(rng.choice(near) if near else number + 1)


class Decimal:
    """Ratings and prices with a fraction."""

    kind = "number"

    def __init__(self, low, high, places=1, form="{}"):
        self.low, self.high, self.places, self.form = low, high, places, form

    def draw(self, rng):
        return (self.form.format(f"{rng.uniform(self.low, self.high):.{self.places}f}"),)

    def other(self, rng, value):
        while True:
            number = float(re.search(r"\d+(?:\.\d+)?", value[0].replace(",", "")).group())
            found = number + rng.choice([-1, 1, -0.5, 0.5, -0.1, 0.1])
            text = self.form.format(f"{found:.{self.places}f}")
            if found > 0 and text != value[0]:
                return (text,)


class Money:
    """Amounts, as $20 or 20 dollars."""

    kind = "number"

    def __init__(self, low=5, high=900):
        self.low, self.high = low, high

    def _value(self, n):
        return (f"${n}", f"{n} dollars", f"{n} USD", f"${n}.00")

    def draw(self, rng):
        return self._value(rng.choice([rng.randint(self.low, self.high), rng.randrange(10, 500, 10)]))

    def other(self, rng, value):
        n = int(re.search(r"\d+", value[0]).group())
        return self._value(rng.choice([x for x in (n + 1, n + 10, n * 10, n - 1, n + 5, n * 2) if x > 0 and x != n]))


class Year:
    """Years, as digits."""

    kind = "number"

    def __init__(self, low=1900, high=2026):
        self.low, self.high = low, high

    def draw(self, rng):
        return (str(rng.randint(self.low, self.high)),)

    def other(self, rng, value):
        return (str(int(value[0]) + rng.choice([-1, 1, -10, 10, 100, -100, 2, -3])),)


class Date:
    """A day of the year, in the ways it is written."""

    kind = "number"

    def __init__(self, with_year=False):
        self.with_year = with_year

    def _value(self, month, day, year):
        name = MONTHS[month]
        tail = f", {year}" if self.with_year else ""
        tail_plain = f" {year}" if self.with_year else ""
        forms = [f"{name} {day}{tail}", f"{day} {name}{tail_plain}", f"{name} {ordinal(day)}{tail}",
                 f"the {ordinal(day)} of {name}{tail_plain}", f"{name[:3]} {day}{tail}"]
        if self.with_year:
            forms.append(f"{year}-{month + 1:02d}-{day:02d}")
        return tuple(dict.fromkeys(forms))

    def draw(self, rng):
        return self._value(rng.randrange(12), rng.randint(1, 28), rng.randint(2018, 2027))

    def other(self, rng, value):
        found = re.match(r"(\w+) (\d+)(?:, (\d+))?", value[0])
        month, day, year = MONTHS.index(found[1]), int(found[2]), int(found[3] or 2024)
        change = rng.randrange(3 if self.with_year else 2)
        if change == 0:
            day = rng.choice([d for d in (day - 1, day + 1, day + 10, day - 7, day + 7) if 1 <= d <= 28])
        elif change == 1:
            month = (month + rng.choice([1, 2, 11])) % 12
        else:
            year += rng.choice([-1, 1])
        return self._value(month, day, year)


class Clock:
    """A time of day, as 8 pm, 8:00 PM, 20:00."""

    kind = "number"

    def _value(self, hour, minute):
        half = "am" if hour < 12 else "pm"
        twelve = hour % 12 or 12
        forms = [f"{twelve}:{minute:02d} {half}", f"{twelve}:{minute:02d} {half.upper()}", f"{hour:02d}:{minute:02d}"]
        if hour < 12:
            forms.pop()
        part = {"am": "in the morning"}.get(half, "in the afternoon" if hour < 17 else "in the evening")
        if minute == 0 and hour > 4:
            forms += [f"{twelve} {half}", f"{twelve}{half}", f"{twelve} o'clock {part}"]
        return tuple(forms)

    def draw(self, rng):
        return self._value(rng.randint(5, 22), rng.choice([0, 0, 15, 30, 45]))

    def other(self, rng, value):
        found = re.match(r"(\d+):(\d+) (\w\w)", value[0])
        hour, minute = int(found[1]) % 12 + (12 if found[3] == "pm" else 0), int(found[2])
        change = rng.randrange(3)
        if change == 0:
            return self._value((hour + 12) % 24, minute)
        if change == 1:
            return self._value((hour + rng.choice([1, 23, 2])) % 24, minute)
        return self._value(hour, (minute + rng.choice([15, 30, 45])) % 60)


class Span:
    """A length of time: 10 minutes, ten minutes."""

    kind = "number"

    def __init__(self, units="minute hour second"):
        self.units = units.split()

    def _value(self, count, unit):
        plural = "" if count == 1 else "s"
        forms = [f"{count} {unit}{plural}"]
        if count <= 60:
            forms.append(f"{spelled(count)} {unit}{plural}")
        if unit == "minute":
            forms.append(f"{count} min")
        if (count, unit) == (60, "minute") or (count, unit) == (1, "hour"):
            forms = ["1 hour", "one hour", "60 minutes", "an hour"]
        if unit == "day" and count == 7 or unit == "week" and count == 1:
            forms = ["1 week", "one week", "7 days", "a week"]
        return tuple(forms)

    def draw(self, rng):
        unit = rng.choice(self.units)
        return self._value(rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 90]), unit)

    def other(self, rng, value):
        found = re.match(r"(\d+) (\w+?)s?$", value[0])
        count, unit = int(found[1]), found[2]
        if rng.random() < 0.4 and len(self.units) > 1:
            return self._value(count, rng.choice([u for u in self.units if u != unit]))
        fresh = self._value(rng.choice([n for n in (count + 1, count - 1, count + 10, count * 10, count + 5) if n > 0]), unit)
        return fresh if fresh[0] != value[0] else self._value(count + 3, unit)


class Faked:
    """Values of the `faker` package, drawn once from a fixed seed; near misses share a part."""

    kind = "entity"

    def __init__(self, make, count, seed, kind="entity"):
        fake = Faker("en_US")
        fake.seed_instance(seed)
        self.kind = kind
        self.values = list(dict.fromkeys((make(fake),) for _ in range(count)))
        self.parts = {}
        for value in self.values:
            for part in re.split(r"[\s@._-]+", value[0].lower()):
                if len(part) > 2:
                    self.parts.setdefault(part, []).append(value)

    def draw(self, rng):
        return rng.choice(self.values)

    def other(self, rng, value):
        kin = [v for p in re.split(r"[\s@._-]+", value[0].lower()) for v in self.parts.get(p, []) if v != value]
        if kin and rng.random() < 0.75:
            return rng.choice(kin)
        while True:
            found = rng.choice(self.values)
            if found != value:
                return found


ADJ = ("silent broken golden hidden last crimson distant paper northern burning quiet hollow second lost iron velvet "
       "frozen early secret wild empty blue longest bitter electric amber marble restless winter summer").split()
NOUN = ("river garden harbor winter mirror city road orchard letter island summer crown station horizon forest promise "
        "shadow lantern kingdom bridge voyage storm archive clockmaker daughter neighbor engine valley ledger tide").split()


def title(fake):
    """An invented title of a work."""
    pick = fake.random.choice
    shape = fake.random.randrange(6)
    adj, noun, other = pick(ADJ).capitalize(), pick(NOUN).capitalize(), pick(NOUN).capitalize()
    return [f"The {adj} {noun}", f"{adj} {noun}", f"{noun} of the {other}", f"The {noun} and the {other}",
            f"A {noun} in {pick(['Lisbon', 'Prague', 'Kyoto', 'Oslo', 'Havana', 'Cairo'])}", f"{noun}s of {adj} {other}"][shape]


def sentence(fake):
    """A short everyday message."""
    pick = fake.random.choice
    who = pick(["the team", "Anna", "the client", "my brother", "the landlord", "finance", "the neighbours", "everyone"])
    what = pick(["the report is ready", "we moved the meeting", "the package arrived", "I will be late", "dinner is at seven",
                 "the invoice is wrong", "the keys are on the table", "we need more chairs", "the train is delayed",
                 "the draft needs work", "the demo went well", "the boiler is broken", "I found the tickets"])
    return pick([f"Tell {who} {what}", f"{what[0].upper()}{what[1:]}", f"Please let {who} know that {what}", f"Reminder: {what}"])


CITIES = """Lisbon; Prague; Kyoto; Oslo; Havana; Cairo; New York|NYC|New York City; Los Angeles|LA; San Francisco|SF; New Orleans;
New Delhi; Boston; Chicago; Seattle; Denver; Austin; Houston; Dallas; Miami; Atlanta; Paris; London; Berlin; Munich; Vienna; Rome;
Milan; Madrid; Barcelona; Amsterdam; Brussels; Dublin; Edinburgh; Glasgow; Manchester; Stockholm; Helsinki; Warsaw; Budapest;
Athens; Istanbul; Dubai; Mumbai; Bangkok; Singapore; Hong Kong; Tokyo; Osaka; Seoul; Beijing; Shanghai; Sydney; Melbourne;
Auckland; Toronto; Vancouver; Montreal; Mexico City; Lima; Santiago; Sao Paulo; Nairobi; Lagos; Cape Town; Portland;
 San Diego; San Jose; San Antonio; Las Vegas|Vegas; Kansas City; Salt Lake City; Philadelphia|Philly"""
COUNTRIES = """United States|USA|US|America; United Kingdom|UK|Britain; France; Germany; Spain; Italy; Portugal; Norway; Sweden;
Denmark; Finland; Iceland; Ireland; Poland; Austria; Switzerland; Greece; Turkey; Egypt; Morocco; Kenya; Nigeria; South Africa;
South Korea; North Korea; Japan; China; India; Pakistan; Thailand; Vietnam; Indonesia; Australia; New Zealand; Canada; Mexico;
Brazil; Argentina; Chile; Peru; Colombia; Cuba; Russia; Ukraine; Romania; Bulgaria; Hungary; Netherlands|Holland; Belgium"""


def pools(seed):
    """Every named pool of values."""
    def faked(make, count, kind="entity"):
        return Faked(make, count, seed, kind)

    return {
        "person": faked(lambda f: f"{f.first_name()} {f.last_name()}", 900),
        "first": faked(lambda f: f.first_name(), 300),
        "surname": faked(lambda f: f.last_name(), 400),
        "company": faked(lambda f: f.company(), 400),
        "email": faked(lambda f: f.free_email(), 500),
        "user": faked(lambda f: f.user_name(), 400),
        "password": faked(lambda f: f.password(length=8, special_chars=False), 300),
        "street": faked(lambda f: f.street_address(), 400),
        "job": faked(lambda f: f.job().split(",")[0], 400),
        "title": faked(title, 900, "quoted"),
        "message": faked(sentence, 500, "quoted"),
        "color": Fixed("red; green; blue; black; white; silver; gray|grey; navy; purple; orange; yellow; brown; pink; beige"),
        "city": Fixed(CITIES), "country": Fixed(COUNTRIES),
        "day": Fixed(";".join(DAYS)), "month": Fixed(";".join(MONTHS)),
        "small": Number(1, 12), "count": Number(2, 60), "big": Number(20, 990, 5, spell=False), "percent": Number(5, 100, 5, False, "{}%"),
        "rating": Decimal(1, 5), "score": Decimal(2, 10), "money": Money(), "year": Year(), "recent": Year(1985, 2026),
        "date": Date(), "fulldate": Date(True), "time": Clock(), "span": Span(), "days": Span("day week month"),
    }
