"""Statements of fact: the same fact in another order or voice against facts with one part changed or two parts swapped."""

from .families import Family
from .values import Fixed, Number

TEAMS = "the Falcons; the Hawks; the Rovers; the Wanderers; the Tigers; the Lions; the Mariners; the Pirates; the Comets; the Rockets"
RIVERS = "the Elm; the Arden; the Welland; the Marrow; the Isbel; the Tannet; the Corve; the Lune"
TOWNS = "Ashford; Brentham; Carlow; Dunmore; Eastwick; Farnley; Granby; Hartwell; Ivydale; Kelton; Larkhill; Marston; Northbury; Oakham; Penrose; Ridgeway; Southbury; Thornby; Westwick; Yarrow"
ORGS = "Arden University; Kelton College; the Marston Institute; the Granby Museum; the Northern Bank; the Southern Bank; the Harbor Trust; the Oakham Gallery; Thornby Press; Larkhill Records; Westwick Motors; Eastwick Motors"
FIELDS = "physics; chemistry; botany; history; law; medicine; geology; music; philosophy; economics"
ROLES = "mayor; governor; director; chairman; treasurer; coach; editor; conductor; architect; curator"
SPECIES = "Calvia minor; Calvia major; Dorema alba; Dorema nigra; Lentia rubra; Lentia viridis; Orsinia montana; Orsinia palustris"
BIRDS = "moths; beetles; spiders; snails; orchids; mosses; ferns; crabs"
STYLES = "jazz; blues; folk; rock; gospel; swing; soul; country"
MATERIAL = "stone; brick; timber; marble; granite; concrete; steel; glass"

FAMILIES = {
    "biography": ({"p1": "@person", "p2": "@person", "t1": TOWNS, "t2": TOWNS, "y1": "@year", "y2": "@year", "field": FIELDS, "org": ORGS}, {
        "bornmoved": """{p1} was born in {t1} and later moved to {t2}
{p1}, who later moved to {t2}, was born in {t1}
Born in {t1}, {p1} later moved to {t2}
After being born in {t1}, {p1} moved to {t2} later
{p1} later moved to {t2} but was born in {t1}
The birthplace of {p1} was {t1}; {t2} became home later""",
        "study": """{p1} studied {field} at {org} from {y1} until {y2}
From {y1} until {y2}, {p1} studied {field} at {org}
{p1} was a student of {field} at {org} between {y1} and {y2}
At {org}, {p1} studied {field} from {y1} to {y2}
Between {y1} and {y2} {p1} read {field} at {org}""",
        "taught": """{p1} taught {field} at {org} from {y1} until {y2}
From {y1} until {y2}, {p1} taught {field} at {org}
{p1} was a teacher of {field} at {org} between {y1} and {y2}
At {org}, {p1} gave lessons in {field} from {y1} to {y2}""",
        "teach": """{p1} taught {p2} at {org}
{p2} was taught by {p1} at {org}
At {org}, {p1} was the teacher of {p2}
{p2} was a pupil of {p1} at {org}
{p1} had {p2} as a pupil at {org}""",
        "marry": """{p1} married {p2} in {y1} in {t1}
In {y1}, {p1} married {p2} in {t1}
{p1} and {p2} were married in {t1} in {y1}
The wedding of {p2} and {p1} took place in {t1} in {y1}
{p2} and {p1} became a married couple in {t1} in {y1}""",
        "succeed": """{p1} succeeded {p2} as head of {org} in {y1}
In {y1}, {p1} succeeded {p2} as head of {org}
{p2} was succeeded by {p1} as head of {org} in {y1}
{p1} followed {p2} as head of {org} in {y1}
In {y1} {p2} was replaced by {p1} at the head of {org}""",
        "son": """{p1} was the father of {p2}
{p2} was the child of {p1}, the father
the father of {p2} was {p1}
{p2} had {p1} as father
{p1} had a child, {p2}, as the father""",
        "outlive": """{p1} died before {p2}
{p2} outlived {p1}
{p1} did not live as long as {p2} did and died first
{p2} was still alive when {p1} died
the death of {p1} came earlier than that of {p2}"""}),
    "sport": ({"a1": TEAMS, "a2": TEAMS, "n": Number(2, 9), "m1": Number(10, 90, 1, False), "y": "@recent", "t": TOWNS, "p1": "@person", "p2": "@person"}, {
        "win": """{a1} beat {a2} in {t} in {y}
{a2} lost to {a1} in {t} in {y}
In {y}, {a1} defeated {a2} in {t}
{a2} were beaten by {a1} in {t} in {y}
In {t}, {a1} won against {a2} in {y}
{a1} were the winners over {a2} in {t} in {y}""",
        "draw": """{a1} drew with {a2} in {t} in {y}
In {y}, {a1} and {a2} drew in {t}
The match between {a2} and {a1} in {t} ended level in {y}
Neither {a1} nor {a2} won when they met in {t} in {y}""",
        "transfer": """{p1} moved from {a1} to {a2} in {y}
In {y}, {p1} left {a1} and joined {a2}
{p1} joined {a2} from {a1} in {y}
{a2} signed {p1} from {a1} in {y}
{a1} sold {p1} to {a2} in {y}""",
        "replace": """{p1} came on for {p2} in the {m1}th minute
In the {m1}th minute {p1} replaced {p2}
{p2} was replaced by {p1} in the {m1}th minute
{p2} made way for {p1} in the {m1}th minute
{p2} went off and {p1} came on in the {m1}th minute""",
        "goals": """{p1} scored {n} goals for {a1} in {y}
In {y}, {p1} scored {n} goals for {a1}
{n} goals were scored by {p1} for {a1} in {y}
{a1} got {n} goals from {p1} in {y}
Playing for {a1}, {p1} scored {n} times in {y}""",
        "assist": """{p1} passed the ball to {p2}, who scored
{p2} scored after a pass from {p1}
a pass by {p1} let {p2} score
{p2} scored from a pass that {p1} played"""}),
    "places": ({"t1": TOWNS, "t2": TOWNS, "r": RIVERS, "n": Number(3, 95, 1, False), "y": "@year", "mat": MATERIAL, "org": ORGS, "p": "@person"}, {
        "north": """{t1} lies north of {t2} on {r}
{t2} lies south of {t1} on {r}
On {r}, {t1} is located north of {t2}
{t1} is situated to the north of {t2} on {r}
North of {t2}, on {r}, lies {t1}""",
        "flow": """{r} flows from {t1} to {t2}
From {t1}, {r} flows to {t2}
{r} runs from {t1} down to {t2}
{r} rises at {t1} and reaches {t2}""",
        "road": """the road from {t1} to {t2} is {n} kilometers long
it is {n} kilometers by road from {t1} to {t2}
by road, {t1} and {t2} are {n} kilometers apart
{n} kilometers of road connect {t1} with {t2}
between {t1} and {t2} there are {n} kilometers of road""",
        "bigger": """{t1} is larger than {t2}
{t2} is smaller than {t1}
{t2} is not as large as {t1}
compared with {t2}, {t1} is the larger town
of the towns {t1} and {t2}, {t1} is larger""",
        "built": """the {mat} bridge in {t1} was built by {p} in {y}
In {y}, {p} built the {mat} bridge in {t1}
{p} built the {mat} bridge in {t1} in {y}
{t1}'s {mat} bridge, built in {y}, is the work of {p}
Built by {p} in {y}, the bridge in {t1} is made of {mat}""",
        "demolished": """the {mat} bridge in {t1} was demolished by {p} in {y}
In {y}, {p} demolished the {mat} bridge in {t1}
{p} tore down the {mat} bridge in {t1} in {y}""",
        "move": """{org} moved from {t1} to {t2} in {y}
In {y}, {org} moved from {t1} to {t2}
{org} left {t1} for {t2} in {y}
In {y} {org} relocated to {t2} from {t1}
{org}, until then in {t1}, moved to {t2} in {y}""",
        "part": """{t1} is a district of {t2}
{t1} belongs to {t2} as a district
one of the districts of {t2} is {t1}
{t2} has {t1} as one of its districts"""}),
    "works": ({"w1": "@title", "w2": "@title", "p1": "@person", "p2": "@person", "y1": "@year", "y2": "@year", "s1": STYLES, "s2": STYLES, "n": Number(2, 20)}, {
        "written": """{w1} was written by {p1} and directed by {p2}
{p1} wrote {w1} and {p2} directed it
{p2} directed {w1}, which was written by {p1}
Written by {p1}, {w1} was directed by {p2}
the director of {w1} was {p2}, the writer {p1}""",
        "based": """{w1} is based on {w2} by {p1}
{w1} was adapted from {w2} by {p1}
{w2} by {p1} is the basis of {w1}
{p1}'s {w2} was adapted into {w1}
{p1}'s {w2} served as the basis for {w1}""",
        "before": """{w1} appeared in {y1}, before {w2}
Before {w2}, {w1} appeared in {y1}
{w1} came out in {y1}, earlier than {w2}
{w2} came out after {w1}, which appeared in {y1}""",
        "dates": """{w1} was published in {y1} and translated in {y2}
published in {y1}, {w1} was translated in {y2}
{w1}, translated in {y2}, was published in {y1}
the publication of {w1} was in {y1}, the translation in {y2}""",
        "mix": """the album {w1} moves from {s1} to {s2}
{w1} is an album that starts with {s1} and turns to {s2}
on the album {w1}, {s1} gives way to {s2}
the album {w1} begins as {s1} and ends as {s2}""",
        "awards": """{p1} won {n} awards for {w1} in {y1}
in {y1}, {p1} won {n} awards for {w1}
{w1} brought {p1} {n} awards in {y1}
{n} awards went to {p1} for {w1} in {y1}""",
        "lostawards": """{p1} was nominated for {n} awards for {w1} in {y1}
in {y1}, {p1} got {n} nominations for {w1}
{n} nominations went to {p1} for {w1} in {y1}"""}),
    "nature": ({"s1": SPECIES, "s2": SPECIES, "k": BIRDS, "c1": "@country", "c2": "@country", "n": Number(2, 40, 1, False), "col1": "@color", "col2": "@color"}, {
        "found": """{s1} is a species of {k} found in {c1} and {c2}
found in {c2} and {c1}, {s1} is a species of {k}
{s1}, a species of {k}, lives in {c1} and {c2}
the {k} species {s1} occurs in {c1} and {c2}
{c1} and {c2} are home to {s1}, a species of {k}""",
        "brought": """{s1} was brought from {c1} to {c2}
from {c1}, {s1} was brought to {c2}
{s1}, native to {c1}, was introduced to {c2}
people introduced {s1} to {c2} from {c1}""",
        "eats": """{s1} feeds on {s2}
{s2} is eaten by {s1}
{s1} eats {s2}
{s2} serves as food for {s1}""",
        "colors": """the wings of {s1} are {col1} and the legs are {col2}
{s1} has {col1} wings and {col2} legs
{s1} has {col2} legs and {col1} wings
what {s1} has is {col1} wings and {col2} legs""",
        "longer": """{s1} grows longer than {s2}
{s2} does not grow as long as {s1}
{s2} stays shorter than {s1}
of {s1} and {s2}, {s1} grows longer"""}),
    "office": ({"p1": "@person", "p2": "@person", "o1": "@company", "o2": "@company", "y": "@recent", "role": ROLES, "m": "@money", "pc1": "@percent", "pc2": "@percent", "d": "@date", "t": TOWNS}, {
        "appoint": """{o1} appointed {p1} as {role} in {y}
{p1} was appointed {role} by {o1} in {y}
in {y}, {p1} became {role} of {o1}
{o1} made {p1} its {role} in {y}
since {y}, {p1} has been {role} of {o1}""",
        "fire": """{o1} dismissed {p1} as {role} in {y}
{p1} was dismissed as {role} by {o1} in {y}
in {y}, {p1} lost the post of {role} at {o1}
{p1} had to leave as {role} of {o1} in {y}""",
        "buy": """{o1} bought {o2} in {y}
in {y}, {o1} acquired {o2}
{o2} was bought by {o1} in {y}
{o2} was taken over by {o1} in {y}
the takeover of {o2} by {o1} happened in {y}""",
        "sue": """{o1} sued {o2} in {y}
in {y}, {o2} was sued by {o1}
{o1} took {o2} to court in {y}
in {y} {o2} was taken to court by {o1}""",
        "rise": """the share price of {o1} rose from {pc1} to {pc2} of its peak in {y}
in {y}, the share price of {o1} went up from {pc1} to {pc2} of its peak
from {pc1}, the share price of {o1} climbed to {pc2} of its peak in {y}""",
        "sold": """{p1} sold the house to {p2} on {d}
{p2} bought the house from {p1} on {d}
on {d}, the house was sold to {p2} by {p1}
on {d}, {p2} purchased the house from {p1}
the house went from {p1} to {p2} on {d}""",
        "lend": """{p1} lent {p2} {m} on {d}
{p2} borrowed {m} from {p1} on {d}
on {d}, {m} was lent to {p2} by {p1}
on {d} {p2} received a loan of {m} from {p1}""",
        "interview": """{p1} interviewed {p2} for {o1}
{p2} was interviewed by {p1} for {o1}
for {o1}, {p1} held an interview with {p2}
{p2} answered the questions of {p1} in an interview for {o1}""",
        "accept": """the board accepted the plan of {p1} and rejected that of {p2}
the plan of {p2} was rejected by the board, that of {p1} accepted
{p1} had a plan accepted by the board, {p2} had one rejected
the board rejected the plan of {p2} but accepted that of {p1}"""}),
    "events": ({"t1": TOWNS, "t2": TOWNS, "d": "@date", "y1": "@year", "y2": "@year", "p1": "@person", "p2": "@person", "sp": "@span", "n": Number(3, 80, 1, False)}, {
        "delay": """the train from {t1} to {t2} was {sp} late on {d}
on {d}, the train from {t1} to {t2} arrived {sp} late
a delay of {sp} hit the train from {t1} to {t2} on {d}
travellers from {t1} to {t2} lost {sp} on {d} because the train was late""",
        "early": """the train from {t1} to {t2} was {sp} early on {d}
on {d}, the train from {t1} to {t2} arrived {sp} early
on {d} the train from {t1} reached {t2} {sp} ahead of time""",
        "injured": """{n} people were injured in the fire in {t1} on {d}
the fire in {t1} on {d} injured {n} people
on {d}, a fire in {t1} left {n} people injured
{n} injuries resulted from the fire in {t1} on {d}""",
        "killed": """{n} people were killed in the fire in {t1} on {d}
the fire in {t1} on {d} killed {n} people
on {d}, a fire in {t1} claimed {n} lives""",
        "accuse": """{p1} accused {p2} of lying
{p2} was accused of lying by {p1}
according to {p1}, {p2} had lied
{p1} said that {p2} was a liar""",
        "meet": """{p1} met {p2} in {t1} on {d}
on {d}, {p1} and {p2} met in {t1}
{p2} met with {p1} in {t1} on {d}
a meeting between {p2} and {p1} took place in {t1} on {d}""",
        "held": """the festival was held in {t1} in {y1} and in {t2} in {y2}
in {y1} the festival took place in {t1}, in {y2} in {t2}
{t1} hosted the festival in {y1}, {t2} in {y2}
the festival took place in {t2} in {y2} and in {t1} in {y1}""",
        "send": """{p1} sent {p2} a letter from {t1} on {d}
on {d}, {p2} was sent a letter by {p1} from {t1}
{p1} wrote from {t1} to {p2} on {d}
a letter from {p1} in {t1} to {p2} was sent on {d}"""}),
}

# Who comes first does not matter in these.
UNORDERED = {"biography": ("marry",), "sport": ("draw",), "places": ("road",), "nature": ("found",), "events": ("meet",)}



def families(pools):
    """Every family of statements."""
    made = []
    for name, (slots, intents) in FAMILIES.items():
        ready = {slot: pools[text[1:]] if isinstance(text, str) and text.startswith("@") else Fixed(text) if isinstance(text, str) else text for slot, text in slots.items()}
        dotted = {intent: [f"{line}[.]" for line in lines.strip().split("\n")] for intent, lines in intents.items()}
        made.append(Family(f"fact/{name}", dotted, ready, kind_of_intent="neg_verb", unordered=UNORDERED.get(name, ()), upper=0.95, style="fact"))
    return made


