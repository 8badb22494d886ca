"""Families from installed packages: Home Assistant's intents and the OVOS skills (see sources.md)."""

import importlib.util
import json
import pathlib
import re

from .families import Family
from .grammar import parse
from .values import DAYS, MONTHS, ONES, Fixed, Number

ROOMS = "kitchen; living room; bedroom; bathroom; hallway; garage; office; basement; dining room; guest room; nursery; attic; laundry room; guest bathroom; porch"
DEVICES = "ceiling fan; reading lamp; floor lamp; coffee maker; heater; air purifier; tv; radio; desk lamp; front door; back door; garden gate; aquarium pump; humidifier"
ITEMS = "milk; oat milk; eggs; bread; rye bread; butter; peanut butter; apples; bananas; coffee; green tea; rice; brown rice; chicken; toothpaste; dish soap; onions; red onions"
SONGS = "Yellow Submarine; Here Comes the Sun; Moonlight Sonata; Take Five; Bohemian Rhapsody; Clair de Lune; So What; Imagine; Thunder Road; Blue Monday; Blue Moon; Purple Rain; Rain on the Roof"
TIMERS = "pizza; pasta; laundry; tea; eggs; workout; study; nap; bread; homework; roast"
MESSAGES = "dinner is ready; we are leaving in ten minutes; the taxi is here; time to wake up; the movie starts soon; lunch is ready; we are leaving now; time to go to bed"

# Home Assistant lists sentences that lead to the same call; these do not always mean the same to a reader.
SKIP = {"HassRespond", "HassNevermind", "HassListCompleteItem", "HassShoppingListCompleteItem", "HassMediaPrevious", "HassSetVolumeRelative"}


def folder_of(package):
    """Where an installed package lies. It is not imported: the skills would pull in what they need to run."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise SystemExit(f"{package} is missing: pip install --no-deps -r training/requirements.txt")
    return pathlib.Path(spec.origin).parent


def home_assistant(pools):
    """One family per group of related calls."""
    path = folder_of("home_assistant_intents") / "data" / "en.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    expansions = dict(data["expansion_rules"])
    expansions.update({
        "numeric_value_set": "(set|change|adjust|turn|make)", "turn": "(turn|switch)", "set": "(set|change|turn)", "close": "(close|shut)",
        "open": "(open|open up)", "is": "(is|are)", "the": "(the|my)", "all": "(all [of] the|every|each)", "in": "(in|inside)", "clean": "(vacuum|clean)",
        "any": "(any|any of the)", "are_any": "are <any>", "are_all": "are <all>", "light": "(light|lights|lamps)",
        "lockable": "[<the>] doors", "media": "[the] music", "track": "(song|track)", "here": "(here|in here|in this room)",
    })
    rules = {name: parse(text) for name, text in expansions.items()}
    lists = {"area": Fixed(ROOMS), "name": Fixed(DEVICES), "floor": Fixed("first floor; second floor; ground floor; top floor; upper floor; lower floor"), "message": Fixed(MESSAGES),
             "search_query": Fixed(SONGS), "timer_name": Fixed(TIMERS), "timer_command": Fixed(_commands()), "shopping_list_item": Fixed(ITEMS),
             "todo_list_item": Fixed(ITEMS), "zone": Fixed("home; work; school; the gym")}
    for name, entry in data["lists"].items():
        if "range" in entry:
            low, high = entry["range"]["from"], entry["range"]["to"]
            lists[name] = Number(max(2, low), high, entry["range"].get("step", 1), spell=name.startswith("timer"))
        elif "values" in entry:
            by_out = {}
            for value in entry["values"]:
                by_out.setdefault(str(value["out"]), []).append(re.sub(r"\((\w+)\|[^)]*\)|\[[^\]]*\]", r"\1", value["in"]).strip())
            lists[name] = Fixed(";".join("|".join(forms) for forms in by_out.values()))
    groups = {}
    for call, entry in data["intents"].items():
        if call in SKIP:
            continue
        for at, block in enumerate(entry["data"]):
            sentences = [s for s in block["sentences"] if "<everywhere>" not in s and "<home>" not in s]
            if call == "HassSetPosition":
                sentences = [s for s in sentences if "<open>" not in s and "<close>" not in s]
            sentences = [s.replace("{floor} [floor]", "{floor}") for s in sentences]
            # Our device names do not fit the sentences on the state of one sensor or person.
            if call == "HassGetState" and ("name" in block["metadata"]["slot_combination"] or "zone" in "".join(sentences)):
                continue
            sentences = [s for s in sentences if _says_what(s)]
            domain = str(block.get("slots", {}).get("domain", "")) + str((block.get("requires_context") or {}).get("domain", ""))
            if "scene" in domain or "script" in domain or not sentences:
                continue
            topic = _topic(call, domain)
            groups.setdefault(topic, {}).setdefault(f"{call}/{block['metadata']['slot_combination']}/{domain}/{block.get('response')}/{at}", []).extend(sentences)
    return [Family(f"home/{topic}", intents, lists, rules, "neg_verb", apart=_calls_apart) for topic, intents in sorted(groups.items()) if len(intents) > 1]


def _calls_apart(one, two):
    """Another call, another kind of answer or other slots; two blocks of one call with the same slots may mean the same."""
    (call, _, _, answer, _), (other_call, _, _, other_answer, _) = (name.split("/") for name in (one.name, two.name))
    return call != other_call or one.slots != two.slots or (call == "HassGetState" and answer != other_answer)


def _says_what(sentence):
    """Whether something besides slots is left when all that is optional is gone."""
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", sentence)) != sentence:
        sentence = shorter
    return bool(re.search(r"[a-z]", re.sub(r"\{[^}]*\}", "", sentence)))


def _topic(call, domain):
    if "Timer" in call:
        return "timer/" + re.sub(r"Hass|Timer", "", call).lower() if call in ("HassStartTimer", "HassIncreaseTimer", "HassDecreaseTimer") else "timer"
    if "Media" in call or "Volume" in call:
        return "media"
    if "List" in call:
        return "lists"
    if call in ("HassTurnOn", "HassTurnOff"):
        return "switching/" + re.sub(r"\W+", "_", domain).strip("_")
    if call == "HassGetState":
        return "state/" + re.sub(r"\W+", "_", domain).strip("_")
    if "Climate" in call or "Fan" in call or "Light" in call:
        return "levels"
    return "misc"


def _commands():
    return ("turn off the lights; turn on the heater; close the blinds; open the garage door; turn off the tv; lock the front door; start the dishwasher; "
            "turn on the porch light; stop the music; turn off the heater; unlock the front door")


PLACES = "Lisbon; Oslo; Kyoto; New York; New Orleans; Cape Town; Sydney; Vienna; Portland; Boston; Madrid; Toronto; Helsinki; Cairo"
OVOS_VALUES = {
    "location": PLACES, "offset": "two; three; five; ten; twenty; 15; 30; 45", "date": "christmas; halloween; easter; new year's eve; the 4th of july; "
    "march 15; march 16; april 2; october 9; october 19; valentine's day; labor day", "movie": "The Silent River; The Golden Harbor; Paper Kingdom; Night Train; "
    "The Last Voyage; The Last Letter; Iron Garden; Winter Engine", "genre": "comedy; horror; action; drama; romantic; animated; western; crime",
    "days": "two; three; four; five; six; ten", "number": "7; 12; 42; 99; 120; 1000", "query": "black holes; alan turing; ada lovelace; the silk road; photosynthesis; volcanoes",
    "topic": "black holes; the silk road; jazz; volcanoes; penguins",
}
OVOS = {
    "ovos_skill_date_time": ("current_date what.year.is.it what.weekday.is.it what.month.is.it what.time.is.it what.time.will.it.be time.until "
                             "weekday.for.date date.future.weekend date.last.weekend next.leap.year").split(),
    "ovos_skill_weather": ("current_temperature current_weather humidity sunrise sunset is_rain is_snow is_wind is_fog is_clear is_stormy next_rain high_temperature "
                           "low_temperature N_days_forecast weekend_forecast").split(),
    "ovos_skill_personal": "WhoMadeYou WhenWereYouBorn WhereWereYouBorn WhatAreYou WhoAreYou".split(),
    "ovos_skill_moviemaster": ("movie.cast movie.description movie.genres movie.information movie.production movie.recommendations movie.runtime movie.year").split(),
    "ovos_skill_news": "news global_news".split(),
    "ovos_skill_iss_location": "when_iss where_iss".split(),
}
# Words that carry a value although they are no slot: texts differing in them are different requests.
VALUE_WORDS = set("""today tonight tomorrow yesterday now currently current weekend week month year morning afternoon evening night noon midnight monday tuesday wednesday thursday
friday saturday sunday later next last previous past upcoming coming hour hours minute minutes second seconds day days local regional national me us here outside inside weekday
high low hot cold warm cool hottest coldest celsius fahrenheit before after until since international global world worldwide
is was will be were are wind windy rain raining rainy umbrella cloud clouds cloudy sun sunny clear fog foggy snow snowing storm thunder date time
far many much long when where who what which how first version born name""".split()) | {m.lower() for m in MONTHS} | {d.lower() for d in DAYS} | set(ONES[1:13])


def ovos(pools):
    """One family per skill; a file's lines are parted by the value words in them."""
    families = []
    for package, intents in OVOS.items():
        folder = folder_of(package) / "locale" / "en-us"
        found = {}
        for path in sorted(folder.rglob("*.intent")):
            if path.name.removesuffix(".intent") not in intents:
                continue
            for line in path.read_text(encoding="utf-8").splitlines():
                line = line.strip().replace("’", "'").replace("I S S", "ISS")
                if not line or re.search(r"\d", line):
                    continue
                for version in expand_line(line):
                    words = frozenset(re.findall(r"[a-z]+", version.lower())) & VALUE_WORDS
                    found.setdefault(f"{path.name}/{'_'.join(sorted(words))}", []).append(version)
        found = {key: sorted(set(lines)) for key, lines in found.items()}
        if sum(len(lines) > 1 for lines in found.values()) > 0:
            values = {name: Fixed(text) for name, text in OVOS_VALUES.items()}
            families.append(Family(package, found, values, None, "neg_same_topic",
                                   apart=lambda one, two: one.name.partition("/")[0] != two.name.partition("/")[0]))
    return families


def expand_line(line, limit=24):
    """The plain lines of a line with `(a|b)` alternatives."""
    match = re.search(r"\(([^()]*)\)", line)
    if not match:
        return [re.sub(r"\s+", " ", line).strip()]
    made = []
    for option in match.group(1).split("|"):
        made += expand_line(line[: match.start()] + option.strip() + line[match.end() :], limit)
    return made[:limit]
