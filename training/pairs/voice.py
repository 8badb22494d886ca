"""Spoken-style requests with unquoted values, and everyday chores of assistants, travel, arithmetic and programming."""

from .families import Family
from .values import Fixed, Money, Number, Span

MUSIC = "Yellow River; Yellow Sky; Midnight Train; Midnight Sun; Paper Planes; Paper Moon; Blue Horizon; Blue Monday; Golden Hour; Golden Slumbers; River Song; River Flow; Dancing Shoes; Summer Rain; Winter Rain"
ARTISTS = "the Silver Foxes; the Silver Hounds; Mara Lind; Mara Quinn; Otis Gray; Otis Blake; the Paper Kites Club; DJ Solano; Nina Hart; Nina Vale; the Night Owls; the Morning Owls; Carlo Reyes; Lena Reyes; Trio Aurora"
PLAYLISTS = "road trip; road rage; chill evening; chill morning; party mix; party classics; deep focus; deep sleep; running; cooking; rainy day; sunday morning; workout; throwback hits; indie gems"
GENRES = "jazz; rock; punk rock; classical; folk; country; techno; blues; soul; reggae; hip hop; opera; ambient; metal"
ROOMS = "kitchen; living room; bedroom; office; bathroom; garage; basement; dining room; nursery"
CUISINE = "italian; thai; mexican; indian; greek; french; korean; vegan; japanese; lebanese; spanish; chinese"
VENUES = "the Olive Tree; the Olive Branch; Casa Luna; Casa Sol; Blue Door Bistro; Red Door Bistro; Sakura House; Lotus Garden; Rose Garden; Harbor Grill; Station Grill; La Piazza"
BOOKS = "The Lost Orchard; The Lost Harbor; Iron Winter; Iron Summer; A Quiet Storm; A Quiet House; The Glass Bridge; The Glass Tower; Night Ferry; Night Garden; Seven Letters; Seven Doors"
SERIES = "the Ember Cycle; the Ember Saga; Northern Tales; Southern Tales; the Clockwork Trilogy; the Falcon Trilogy"
CINEMAS = "the Odeon Palace; the Royal; the Regent; Cinema Nova; Cinema Lux; the Plaza; Starlight Theater; Moonlight Theater"
TASKS = "call the dentist; call the plumber; pay the rent; pay the phone bill; water the plants; water the lawn; buy milk; buy stamps; pick up the kids; pick up the laundry; feed the cat; feed the fish; take my pills; send the invoice; book the flights; book the hotel"
AIRLINES = "Delta; United; Lufthansa; Air France; KLM; Qantas; Emirates; Iberia"
LISTS = "shopping; grocery; packing; party; todo; wish; reading; gift"
ITEMS = "milk; oat milk; eggs; bread; batteries; sunscreen; a tent; socks; coffee; tea bags; apples; pineapple; candles; paper towels; a charger; cheese; cream cheese"
LANGS = "spanish; french; german; italian; japanese; polish; dutch; greek; swedish; arabic"
PHRASES = "good morning; good evening; thank you; where is the station; where is the hotel; how much is this; I am lost; I am hungry; see you tomorrow; happy birthday"
CURRENCY = "US dollars|USD|dollars; euros|EUR; British pounds|GBP|pounds sterling; Japanese yen|JPY; Swiss francs|CHF; Indian rupees|INR; Canadian dollars|CAD; Australian dollars|AUD"
UNITS = "miles; kilometers; meters; feet; yards; inches; centimeters"
WEIGHTS = "pounds|lbs; kilograms|kilos|kg; ounces|oz; grams; stones"
TOPICS = "football; politics; technology; science; business; health; climate; basketball; tennis; travel"

FAMILIES = {
    "music": ({"song": MUSIC, "artist": ARTISTS, "playlist": PLAYLISTS, "genre": GENRES, "room": ROOMS}, {
        "play": """(play|put on|start playing|start|I want to hear|I'd like to hear|let me hear|can you play|could you put on) [the song] {song}
(play|put on|start playing|I want to hear|let me hear) {song} by {artist}
(play|put on) {artist}'s [song] {song}
I'm in the mood for {song} by {artist}
{song} by {artist}, play it
(play|put on|stream|I feel like listening to|let me hear|I'd love some) [some] {genre} [music] [in the {room}]
in the {room} (play|put on) [some] {genre} music
how about some {genre} music [in the {room}]
(fill|liven up) the {room} with {genre} music""",
        "artist": """(play|put on|start) [some] (music|songs|tracks|something) by {artist}
(play|put on) {artist} [music]
I (want|would like) to listen to {artist}
something (by|from) {artist}, please
let's hear (something from|some) {artist}""",
        "add": """add {song} to [my|the] {playlist} [playlist]
put {song} (on|in|onto) [my|the] {playlist} playlist
I want {song} (on|in) [my] {playlist} playlist
my {playlist} playlist needs {song}
include {song} in [my] {playlist} playlist
add {song} by {artist} to [my|the] {playlist} playlist
put {artist}'s {song} (on|in) [my] {playlist} playlist""",
        "remove": """(remove|delete|take) {song} from [my|the] {playlist} [playlist]
take {song} (off|out of) [my|the] {playlist} playlist
I don't want {song} (on|in) [my] {playlist} playlist any more
get {song} off [my] {playlist} playlist""",
        "addartist": """add (something|a song|a track) by {artist} to [my|the] {playlist} [playlist]
put (something|a song|a track) (by|from) {artist} (on|in) [my|the] {playlist} playlist
my {playlist} playlist needs (something|a song) (by|from) {artist}""",
        "playlist": """(play|start|put on|shuffle) [my|the] {playlist} playlist [in the {room}]
I want to hear [my|the] {playlist} playlist [in the {room}]
start the playlist called {playlist}
let's listen to [my] {playlist} playlist""",
        "who": """who (sings|performs|recorded|plays) {song}?
which (artist|singer|band) (sings|made|recorded) {song}?
{song}: who is it by?
who is {song} by?""",
        "like": """(like|love|thumbs up) {song}
mark {song} as a favorite
add {song} to my (liked songs|favorites)""",
        "queue": """(queue|queue up|play) {song} next
put {song} next in the queue
after this one, play {song}"""}),
    "weather": ({"city": "@city", "day": "@day", "date": "@date", "time": "@time"}, {
        "forecast": """what (is|will) the weather [be] like (in|for) {city} on {day}?
(give me|show me|tell me|I need) the [weather] forecast for {city} on {day}
how will the weather be in {city} on {day}?
(weather|forecast) for {day} in {city}
what does {day} look like, weatherwise, in {city}?
what's the weather like in {city} [right now|at the moment]?
how is the weather in {city}?
(weather|current weather) in {city}
weather conditions for {city}, please""",
        "rain": """will it rain in {city} on {day}?
is it going to rain in {city} on {day}?
(should I expect|is there going to be) rain in {city} on {day}?
do I need an umbrella in {city} on {day}?
any rain (expected|coming) in {city} {day}?
on {day}, will {city} get rain?""",
        "snow": """will it snow in {city} on {day}?
is it going to snow in {city} on {day}?
(should I expect|is there going to be) snow in {city} on {day}?
any snow (expected|coming) in {city} {day}?
on {day}, will {city} get snow?""",
        "temp": """how (warm|hot) will it (get|be) in {city} on {day}?
what temperature (is expected|will it be) in {city} on {day}?
(temperature|temps) in {city} for {day}
what's the high (in|for) {city} on {day}?""",
        "sunset": """when does the sun (set|go down) in {city} on {date}?
what time is sunset in {city} on {date}?
at what time will it get dark in {city} on {date}?
sunset time for {city}, {date}""",
        "sunrise": """when does the sun (rise|come up) in {city} on {date}?
what time is sunrise in {city} on {date}?
at what time will it get light in {city} on {date}?
sunrise time for {city}, {date}""",
        "wind": """how windy will it be in {city} on {day}?
what is the wind speed in {city} on {day}?
is it going to be windy in {city} on {day}?"""}),
    "table": ({"venue": VENUES, "cuisine": CUISINE, "n": Number(2, 12), "day": "@day", "time": "@time", "city": "@city"}, {
        "book": """(book|reserve|get|find) [me|us] a table for {n} [people] at {venue} on {day} [at {time}]
(make|I need|I want|I'd like) a reservation at {venue} for {n} [people] on {day} [at {time}]
can you book {venue} for {n} on {day} [at {time}]?
we are {n} people and want to eat at {venue} on {day} [at {time}]
on {day} [at {time}] I need a table at {venue} for a party of {n}
table for {n}, {venue}, {day} [{time}]""",
        "cancel": """cancel (my|the|our) (table|reservation|booking) at {venue} on {day} [at {time}]
call off (our|the) reservation at {venue} on {day} [at {time}]
we can't make it to {venue} on {day} [at {time}], cancel the table
I no longer need the table at {venue} on {day} [at {time}]""",
        "cuisine": """(book|reserve|get|find) [me|us] a table for {n} at (a|an|some) {cuisine} (restaurant|place) in {city} on {day}
(make|I need|I'd like) a reservation for {n} at (a|some) {cuisine} (restaurant|place) in {city} on {day}
{n} of us want {cuisine} food in {city} on {day}, book something
on {day} I'd like to take {n} people out for {cuisine} food in {city}, please reserve""",
        "find": """(find|show|list|search for) {cuisine} (restaurants|places) in {city}
where can I (eat|get|find) {cuisine} food in {city}?
what are good {cuisine} (restaurants|places to eat) in {city}?
I'm hungry for {cuisine} food in {city}
any {cuisine} (restaurant|place) in {city} you can recommend?""",
        "open": """is {venue} open on {day} [at {time}]?
does {venue} open on {day} [at {time}]?
can I go to {venue} on {day} [at {time}] or is it closed?""",
        "hours": """what are the opening hours of {venue}?
when does {venue} open [and close]?
until when is {venue} open?""",
        "phone": """what is the phone number of {venue}?
how do I call {venue}?
give me the number for {venue}"""}),
    "reminders": ({"task": TASKS, "time": "@time", "day": "@day", "span": "@span", "person": "@first"}, {
        "set": """remind me to {task} (on {day}|{day}) [at {time}]
(set|create|add|make) a reminder to {task} on {day} [at {time}]
don't let me forget to {task} on {day} [at {time}]
I (need|have) to {task} on {day} [at {time}], remind me
on {day} [at {time}] remind me that I have to {task}
reminder for {day} [{time}]: {task}
(put|add) {task} to my reminders for {day} [at {time}]
remind me to {task} at {time}
at {time} tell me to {task}
remind me in {span} to {task}
in {span}, remind me to {task}""",
        "delete": """(delete|remove|cancel|clear) the reminder to {task} [on {day}]
I don't need the reminder to {task} [on {day}] any more
forget (about|the reminder) to {task} [on {day}]
get rid of my reminder to {task} [on {day}]""",
        "done": """mark {task} as done
I (did|finished) {task}, check it off
check off {task} [from my list]
tick {task} off""",
        "other": """remind {person} to {task} on {day} [at {time}]
send {person} a reminder to {task} on {day} [at {time}]
tell {person} on {day} [at {time}] to {task}""",
        "when": """when (do I have|am I supposed) to {task}?
what time is my reminder to {task}?
when did I say I would {task}?"""}),
    "alarms": ({"time": "@time", "day": "@day", "span": Span("minute hour"), "name": "pasta; pizza; tea; laundry; nap; workout; homework; eggs; bread"}, {
        "alarm": """wake me [up] at {time} [on {day}]
(set|create) an alarm for {time} [on {day}]
I (want|need) to (get up|be woken) at {time} [on {day}]
alarm at {time} [on {day}]
[on {day}] get me out of bed at {time}""",
        "off": """(cancel|delete|turn off|remove|switch off) the {time} alarm [on {day}]
(cancel|turn off) the alarm (set for|at) {time} [on {day}]
no alarm at {time} [on {day}]
I don't need to be woken at {time} [on {day}]""",
        "timer": """(set|start) a timer for {span}
(set|start) a {name} timer for {span}
(give me|count down) {span}
{span} timer
timer, {span}
time {span} for me
{name} timer, {span}
let me know when {span} (have passed|are up)
start counting down {span} for the {name}""",
        "more": """add {span} to the timer
extend the timer by {span}
give the timer {span} more
I need {span} more on the timer""",
        "less": """take {span} off the timer
shorten the timer by {span}
make the timer {span} shorter
reduce the timer by {span}""",
        "left": """how (much time|long) is left on the {name} timer?
when will the {name} timer go off?
how long until the {name} timer is done?"""}),
    "messages": ({"person": "@first", "message": "@message", "app": "WhatsApp; Telegram; Signal; Slack; email; text message"}, {
        "send": """(send|write) a message to {person} saying {message}
(text|message|tell) {person}: {message}
(text|message) {person} that says {message}
let {person} know: {message}
send {person} (a text|a note): {message}
(send|write) {person} a message on {app}: {message}
use {app} to tell {person}: {message}
over {app}, tell {person} this: {message}""",
        "read": """(read|show) [me] the (last|latest|newest) message from {person}
what did {person} (write|say) (last|most recently)?
what's the latest from {person}?
read out {person}'s last message""",
        "call": """(call|phone|ring|dial) {person}
give {person} a (call|ring)
get {person} on the phone
I want to talk to {person} on the phone
make a call to {person}""",
        "video": """(start a video call with|video call) {person}
I want to see {person} on video
call {person} with video""",
        "block": """block {person}
stop {person} from messaging me
I don't want messages from {person} any more
put {person} on the block list"""}),
    "books": ({"book": BOOKS, "series": SERIES, "stars": Number(1, 5), "person": "@person"}, {
        "rate": """(rate|give) {book} {stars} (stars|out of 5)
(rate|score) the (book|novel) {book} {stars} of 5 [stars|points]
I'd give {book} {stars} stars
{stars} stars for {book}
{book} (gets|deserves) {stars} (stars|points) [from me]
my rating for {book} is {stars} [stars]
put down {stars} stars for {book}""",
        "find": """(find|search for|look up|look for|show me) the (book|novel) {book}
where can I find the (book|novel) {book}?
can you get me the novel {book}?
I'm looking for the book {book}
is there a (book|novel) called {book}? Find it""",
        "who": """who wrote {book}?
who is the author of {book}?
{book} was written by whom?
which author wrote {book}?""",
        "read": """(read|start reading) {book} (to me|aloud)
read me {book}
I want {book} read out""",
        "continue": """(continue|resume) (reading|with) {book}
go on reading {book} where (I|we) stopped
pick up {book} where we left off""",
        "series": """how many books are in {series}?
what is the number of books in {series}?
how long is {series} in books?""",
        "first": """what is the first book (of|in) {series}?
which book of {series} comes first?
where do I start with {series}?""",
        "last": """what is the (last|final) book (of|in) {series}?
which book of {series} comes last?
how does {series} finish, which volume is it?""",
        "by": """(find|show|list) books by {person}
which books did {person} write?
what has {person} written?
anything written by {person}?"""}),
    "cinema": ({"film": "@title", "cinema": CINEMAS, "day": "@day", "time": "@time", "n": Number(1, 9)}, {
        "when": """when is {film} (playing|showing|on) at {cinema}?
what are the (showtimes|times|screening times) for {film} at {cinema}?
at what time can I see {film} at {cinema}?
{film} showtimes, {cinema}
I want to see {film} at {cinema}, when is it on?""",
        "tickets": """(buy|get|book|order) {n} tickets for {film} at {cinema} [on {day}]
I (need|want) {n} tickets to see {film} at {cinema} [on {day}]
{n} seats for {film} at {cinema} [on {day}], please
get {n} of us into {film} at {cinema} [on {day}]""",
        "where": """where is {film} (playing|showing|on) [on {day}]?
which (cinema|theater) shows {film} [on {day}]?
what cinemas have {film} [on {day}]?
find a movie theater showing {film} [on {day}]""",
        "playing": """what (movies|films) are (playing|on|showing) at {cinema} [on {day}]?
what's on at {cinema} [on {day}]?
show the (program|schedule) of {cinema} [on {day}]
which films can I see at {cinema} [on {day}]?""",
        "long": """how long is {film}?
what is the running time of {film}?
how many minutes does {film} run?""",
        "director": """who directed {film}?
who is the director of {film}?
{film} was directed by whom?"""}),
    "travel": ({"city1": "@city", "city2": "@city", "date": "@date", "date2": "@date", "airline": AIRLINES, "n": Number(2, 9)}, {
        "flight": """(find|show|search for|look up|list) [me] flights from {city1} to {city2} on {date} [with {airline}]
(find|show) [me] flights to {city2} from {city1} on {date} [with {airline}]
I (want|need|would like) to fly from {city1} to {city2} on {date} [with {airline}]
which flights (go|leave|are there) from {city1} to {city2} on {date} [with {airline}]?
on {date} I need to get by plane from {city1} to {city2} [with {airline}]
what {airline} flights are there between {city1}, where I start, and {city2}, where I go, on {date}?
{city1} to {city2} flights, {date}
flying out of {city1} on {date}, destination {city2}""",
        "cheap": """what is the cheapest flight from {city1} to {city2} on {date}?
find the (cheapest|lowest priced) flight from {city1} to {city2} on {date}
lowest fare from {city1} to {city2} on {date}?
I want to fly {city1} to {city2} on {date} for as little money as possible""",
        "early": """what is the (earliest|first) flight from {city1} to {city2} on {date}?
find the (earliest|first) flight from {city1} to {city2} on {date}
which flight is the first one from {city1} to {city2} on {date}?""",
        "late": """what is the (latest|last) flight from {city1} to {city2} on {date}?
find the (latest|last) flight from {city1} to {city2} on {date}
which flight is the last one from {city1} to {city2} on {date}?""",
        "round": """(book|find) a round trip from {city1} to {city2}, leaving {date} and returning {date2}
I want to go from {city1} to {city2} on {date} and come back on {date2}
return ticket {city1} to {city2}: out {date}, back {date2}
(book|find) flights {city1} to {city2} and back, {date} until {date2}""",
        "train": """(find|show|list) trains from {city1} to {city2} on {date}
which trains (go|run) from {city1} to {city2} on {date}?
I want to take the train from {city1} to {city2} on {date}
on {date} I need a train to {city2}, starting in {city1}""",
        "far": """how far is it (from {city1} to {city2}|from {city1} to {city2} in distance)?
what is the distance (from {city1} to {city2}|between {city1} and {city2})?
how many (miles|kilometers) are there between {city1} and {city2}?""",
        "long": """how long does it take to (get|drive) from {city1} to {city2} by car?
what is the driving time from {city1} to {city2}?
how many hours is the drive from {city1} to {city2}?""",
        "hotel": """(find|book|reserve|get) a hotel in {city1} from {date} (to|until) {date2} [for {n} people]
I need a (room|place to stay) in {city1} from {date} to {date2} [for {n} people]
hotels in {city1}, check-in {date}, check-out {date2} [for {n} guests]""",
        "cancelflight": """cancel my flight from {city1} to {city2} on {date}
I no longer want to fly from {city1} to {city2} on {date}, cancel it
call off my trip by plane from {city1} to {city2} on {date}"""}),
    "money": ({"cur1": CURRENCY, "cur2": CURRENCY, "amount": Number(5, 900, 5, False), "person": "@first", "money": Money(5, 300)}, {
        "convert": """convert {amount} {cur1} (to|into) {cur2}
how much is {amount} {cur1} in {cur2}?
what are {amount} {cur1} worth in {cur2}?
{amount} {cur1} to {cur2}
exchange {amount} {cur1} for {cur2}, how much do I get?
how many {cur2} do I get for {amount} {cur1}?""",
        "pay": """(send|pay|transfer|wire) {money} to {person}
(send|pay|give) {person} {money}
transfer {money} from my account to {person}
I owe {person} {money}, pay it
{person} should get {money} from me""",
        "request": """request {money} from {person}
ask {person} (for|to pay me) {money}
{person} owes me {money}, send a request
send {person} a request for {money}"""}),
    "units": ({"u1": UNITS, "u2": UNITS, "w1": WEIGHTS, "w2": WEIGHTS, "n": Number(2, 300, 1, False)}, {
        "length": """convert {n} {u1} (to|into) {u2}
how many {u2} (are|is) {n} {u1}?
{n} {u1} in {u2}
what is {n} {u1} (in|expressed in) {u2}?
how much is {n} {u1} when measured in {u2}?""",
        "weight": """convert {n} {w1} (to|into) {w2}
how many {w2} (are|is) {n} {w1}?
{n} {w1} in {w2}
what is {n} {w1} (in|expressed in) {w2}?
how much do {n} {w1} weigh in {w2}?"""}),
    "math": ({"a": Number(2, 400, 1, False), "b": Number(2, 400, 1, False), "p": Number(5, 95, 5, False), "c": Number(2, 20, 1)}, {
        "add": """(what is|calculate|compute|work out) {a} plus {b}
(what is|compute|calculate) {a} + {b}
add {a} and {b}
what is the sum of {a} and {b}?
how much is {a} and {b} together?
{b} plus {a}, what does that make?""",
        "sub": """(what is|calculate|compute|work out) {a} minus {b}
(what is|compute|calculate) {a} - {b}
subtract {b} from {a}
what do you get when you take {b} away from {a}?
{a} less {b}, how much is that?""",
        "mul": """(what is|calculate|compute|work out) {a} times {b}
(what is|compute|calculate) {a} * {b}
multiply {a} by {b}
what is the product of {a} and {b}?
how much is {b} times {a}?""",
        "div": """(what is|calculate|compute|work out) {a} divided by {b}
(what is|compute|calculate) {a} / {b}
divide {a} by {b}
how often does {b} go into {a}?""",
        "pct": """(what is|calculate|compute) {p} percent of {a}
what is {p}% of {a}?
how much is {p} percent of {a}?
take {p} percent of {a}
{p}% of {a}?""",
        "pow": """(what is|calculate|compute) {c} to the power of {b}
raise {c} to the power {b}
{c}^{b} is what?
what is {c} to the {b}th power?""",
        "root": """(what is|calculate|compute) the square root of {a}
square root of {a}?
take the square root of {a}
which number times itself is {a}?""",
        "sq": """(what is|calculate|compute) the square of {a}
what is {a} squared?
{a} times itself, how much is it?""",
        "prime": """is {a} a prime [number]?
tell me whether {a} is prime
does {a} have divisors other than 1 and itself?
check if {a} is a prime number"""}),
    "code": ({"lang": "Python; Java; C; C++; JavaScript; Go; Rust; Ruby; PHP; Swift; Kotlin; Haskell", "n": Number(3, 50)}, {
        "sort": """write [me] a {lang} (function|program) (that sorts|to sort) a list of numbers in ascending order
(in {lang}, write|give me {lang} code for) a function that puts a list of numbers in ascending order
how would you sort numbers from smallest to largest in {lang}? Show the code
{lang} code: sort numbers ascending""",
        "sortdesc": """write [me] a {lang} (function|program) (that sorts|to sort) a list of numbers in descending order
(in {lang}, write|give me {lang} code for) a function that puts a list of numbers in descending order
how would you sort numbers from largest to smallest in {lang}? Show the code
{lang} code: sort numbers descending""",
        "fib": """write a {lang} (function|program) that prints the first {n} Fibonacci numbers
print the first {n} numbers of the Fibonacci sequence (using|in) {lang}
give me {lang} code that outputs {n} Fibonacci numbers
{lang}: show the Fibonacci sequence up to its {n}th term""",
        "primes": """write a {lang} (function|program) that prints the first {n} prime numbers
print the first {n} primes (using|in) {lang}
give me {lang} code that outputs {n} prime numbers""",
        "max": """write a {lang} function that returns the (largest|maximum) (element|value) of an array
find the maximum of an array in {lang}
in {lang}, how do I get the biggest element of an array?
give me {lang} code to find an array's largest value""",
        "min": """write a {lang} function that returns the (smallest|minimum) (element|value) of an array
find the minimum of an array in {lang}
in {lang}, how do I get the smallest element of an array?
give me {lang} code to find an array's lowest value""",
        "upper": """convert a string to upper case in {lang}
how do I make a string all capitals in {lang}?
{lang} function that uppercases a string
in {lang}, turn all letters of a string into capital letters""",
        "lower": """convert a string to lower case in {lang}
how do I make a string all small letters in {lang}?
{lang} function that lowercases a string
in {lang}, turn all letters of a string into small letters""",
        "json": """parse a JSON (file|document) in {lang}
how do I read JSON (with|in) {lang}?
{lang} code that loads JSON data
in {lang}, what is the way to decode JSON?""",
        "tojson": """write data as JSON in {lang}
how do I output JSON (with|in) {lang}?
{lang} code that saves data as JSON
in {lang}, what is the way to encode something as JSON?""",
        "pal": """write a {lang} function that checks whether a string is a palindrome
check if a word reads the same backwards in {lang}
in {lang}, how do I test for palindromes?
palindrome check in {lang}"""}),
    "translate": ({"phrase": PHRASES, "lang1": LANGS}, {
        "to": """(translate|put) {phrase} (to|into) {lang1}
how do (you|I) say {phrase} in {lang1}?
what is {phrase} in {lang1}?
(give|tell) me the {lang1} for {phrase}
what would a {lang1} speaker say for {phrase}?""",
        "spell": """how (do you spell|is) {phrase} [spelled] in {lang1}?
spell {phrase} in {lang1}
what is the {lang1} spelling of {phrase}?""",
        "say": """how (is|do you pronounce) {phrase} [pronounced] in {lang1}?
pronounce {phrase} in {lang1}
let me hear {phrase} in {lang1}"""}),
    "lists": ({"item": ITEMS, "list": LISTS, "n": Number(2, 12)}, {
        "add": """(add|put) {item} (to|on) [my|the] {list} list
I need {item} on [my|the] {list} list
(put|write) {item} down on [my] {list} list
my {list} list should include {item}
{item} goes on the {list} list""",
        "remove": """(remove|delete|take|cross) {item} (from|off) [my|the] {list} list
I don't need {item} on [my|the] {list} list any more
get {item} off [my] {list} list""",
        "show": """(show|read|open) [me] [my|the] {list} list
what is on [my|the] {list} list?
what do I have on [my] {list} list?""",
        "clear": """(clear|empty|wipe) [my|the] {list} list
(remove|delete) everything from [my|the] {list} list
start [my] {list} list from scratch""",
        "has": """is {item} on [my|the] {list} list?
did I put {item} on [my|the] {list} list?
do I already have {item} on [my] {list} list?"""}),
    "house": ({"room": ROOMS, "n": Number(14, 30, 1, False), "p": Number(5, 100, 5, False), "color": "@color"}, {
        "on": """(turn|switch) on the {room} lights
(turn|switch) the lights in the {room} on
lights on in the {room}
I need light in the {room}
it's (too dark|dark) in the {room}, put the lights on
make the {room} bright, lights on""",
        "off": """(turn|switch) off the {room} lights
(turn|switch) the lights in the {room} off
lights off in the {room}
nobody is in the {room}, kill the lights
lights out in the {room}""",
        "dim": """dim the {room} lights to {p} percent
set the {room} lights to {p}%
bring the lights in the {room} to {p} percent
{room} lights at {p} percent""",
        "color": """(make|turn) the {room} lights {color}
set the lights in the {room} to {color}
I want {color} light in the {room}
change the color of the {room} lights to {color}""",
        "heat": """set the {room} [temperature] to {n} degrees
(make|heat) the {room} {n} degrees
I want it to be {n} degrees in the {room}
change the thermostat in the {room} to {n} degrees""",
        "temp": """how warm is it in the {room}?
what is the temperature in the {room}?
tell me the {room} temperature""",
        "blindup": """(open|raise) the blinds in the {room}
{room} blinds up
let some daylight into the {room}, blinds up""",
        "blinddown": """(close|lower) the blinds in the {room}
{room} blinds down
block the sun in the {room}, blinds down"""}),
    "news": ({"topic": TOPICS, "country": "@country", "day": "@day"}, {
        "news": """(what's the latest|what is the latest|give me the latest|show me the latest) [news] (on|about) {topic} in {country}
(any|is there) news (on|about) {topic} in {country}?
{topic} news from {country}
what is happening in {country} in terms of {topic}?
{topic} headlines for {country}, please""",
        "explain": """explain [the] background of {topic} in {country}
give me background on {topic} in {country}
how did {topic} develop in {country}?""",
        "subscribe": """(subscribe|sign me up) to {topic} news from {country}
send me {topic} news from {country} regularly
keep me posted on {topic} in {country}""",
        "unsubscribe": """(unsubscribe|sign me off) from {topic} news from {country}
stop sending me {topic} news from {country}
I don't want {topic} updates from {country} any more"""}),
    "orders": ({"n": Number(10000, 99999, 1, False), "email": "@email", "company": "@company"}, {
        "track": """where is my order {n}?
track order [number] {n}
what is the (status|delivery status) of order {n}?
has my order {n} shipped?
when will order {n} arrive?""",
        "cancel": """cancel [my] order {n}
I (want|would like) to cancel order {n}
stop order {n}, I don't want it
please call off order number {n}""",
        "refund": """I want (a refund|my money back) for order {n}
refund order {n}
how do I get my money back for order {n}?
request reimbursement of order {n}""",
        "return": """(return|send back) order {n}
I want to (return|send back) the goods of order {n}
how do I send order {n} back?""",
        "invoice": """send me the invoice for order {n} [to {email}]
I need (an invoice|a bill) for order {n} [at {email}]
(email|mail) the invoice of order {n} [to {email}]""",
        "address": """change the delivery address of order {n}
ship order {n} to another address
I moved, update the address on order {n}"""}),
}


# A distance is the same in both directions.
UNORDERED = {"travel": ("far", "long")}


def families(pools):
    """Every family of spoken-style requests."""
    made = []
    for name, (slots, intents) in FAMILIES.items():
        ready = {slot: pools[text[1:]] if isinstance(text, str) and text.startswith("@") else Fixed(text) if isinstance(text, str) else text for slot, text in slots.items()}
        made.append(Family(f"voice/{name}", intents, ready, kind_of_intent="neg_verb", unordered=UNORDERED.get(name, ())))
    return made
