"""Open questions: the same question in many wordings against other questions on the same thing."""

from .families import Family
from .values import Fixed

# verb phrase | other wordings; the gerund is made from it.
ACTIONS = {
    "body": "lose weight|shed pounds|slim down|drop some weight; gain weight|put on weight|bulk up; build muscle|gain muscle mass; quit smoking|stop smoking|give up cigarettes; "
            "sleep better|get better sleep|improve my sleep; grow taller|increase my height; get rid of acne|clear up acne|cure pimples; run a marathon|complete a marathon; "
            "reduce stress|lower my stress level|get less stressed; lower blood pressure|bring blood pressure down; stop snoring|quit snoring; whiten teeth|make my teeth whiter; "
            "get over a breakup|move on after a breakup; wake up early|get up early in the morning; stop procrastinating|beat procrastination; overcome shyness|stop being shy; "
            "improve eyesight|make my vision better; get rid of dandruff|cure dandruff; recover from a cold|get over a cold; stop hair loss|prevent balding",
    "skill": "learn guitar|learn to play the guitar; learn piano|learn to play the piano; learn Spanish|become fluent in Spanish; learn French|become fluent in French; "
             "improve my English|get better at English; learn to swim|become able to swim; learn to cook|become a decent cook; learn to drive|get good at driving; "
             "learn Python|pick up Python programming; learn Java|pick up Java programming; improve my handwriting|make my handwriting neater; play chess better|improve at chess; "
             "speak in public|give speeches; draw portraits|sketch faces; dance salsa|do salsa dancing; write a novel|author a novel; improve my memory|remember things better; "
             "concentrate while studying|stay focused when studying; read faster|increase my reading speed; solve a Rubik's cube|crack the Rubik's cube",
    "money": "earn money online|make money on the internet; invest in stocks|put money into the stock market; buy a house|purchase a home; sell a car|get my car sold; "
             "save money|put money aside; start a business|set up a company; pay off debt|get out of debt; get a mortgage|obtain a home loan; improve my credit score|raise my credit rating; "
             "write a resume|put together a CV; prepare for a job interview|get ready for a job interview; ask for a raise|request a higher salary; become a lawyer|enter the legal profession; "
             "become a pilot|make a career as a pilot; become a data scientist|get into data science; publish a book|get a book published; open a restaurant|start a restaurant; "
             "find a job abroad|get hired overseas; get a scholarship|win a scholarship; move to Canada|immigrate to Canada; move to Germany|immigrate to Germany",
    "tech": "recover a deleted photo|get back a photo I deleted; reset my Gmail password|change a forgotten Gmail password; delete my Facebook account|get rid of my Facebook account; "
            "speed up my laptop|make my laptop faster; remove a virus from my computer|clean a virus off my PC; block a number on an iPhone|stop calls from a number on an iPhone; "
            "block a number on Android|stop calls from a number on Android; build a website|create a website; hide photos on my phone|keep pictures private on my phone; "
            "install Linux|set up Linux; back up my phone|make a backup of my phone; extend battery life|make the battery last longer; gain Instagram followers|grow my Instagram audience; "
            "download YouTube videos|save videos from YouTube; merge two PDF files|combine two PDFs; take a screenshot on a Mac|capture the screen on a Mac; "
            "take a screenshot on Windows|capture the screen on Windows; factory reset a phone|restore a phone to factory settings; make a mobile app|develop an app for phones; "
            "unlock a phone without the password|get into a locked phone",
    "home": "get rid of ants|keep ants out of the house; get rid of mice|keep mice out of the house; remove a wine stain|get red wine out of fabric; remove a coffee stain|get coffee out of fabric; "
            "unclog a drain|clear a blocked drain; paint a room|repaint a room; grow tomatoes|raise tomato plants; grow roses|raise rose bushes; clean an oven|get an oven clean; "
            "train a puppy|teach a puppy to behave; train a cat|teach a cat to behave; bake bread|make homemade bread; cook rice|make rice; make yogurt|prepare homemade yogurt; "
            "sharpen a knife|put an edge on a knife; fix a leaking tap|repair a dripping faucet; change a tire|replace a flat tire; jump start a car|start a car with a dead battery; "
            "poach an egg|make poached eggs; brew coffee|make a cup of coffee; store onions|keep onions fresh; iron a shirt|press a shirt",
}

ACTION_INTENTS = {
    "how": """how (do|can|could|should|would) (I|you|one) {v}?
what is the best way to {v}?
what are (some|the best|good|effective|some good) ways to {v}?
what's a good way of {g}?
how to {v}?
how can I {v} [easily|quickly]?
is there any way to {v}? How?
what should I do to {v}?
any tips (on|for) {g}?
can (anyone|somebody|someone) (tell|explain to) me how to {v}?
I want to {v}. (How do I do it|What should I do|Where do I begin)?
what would be the (easiest|best|simplest|right) way to {v}?
steps to {v}
what steps should (I|one) take to {v}?
what is a good method for {g}?
best way for {g}?
how does (one|someone|a person) {v}?
what's the trick to {g}?
{g}: how is it done?""",
    "why": """why (should|would) (I|you|anyone|one) {v}?
what are the (benefits|advantages) of {g}?
what is the point of {g}?
what (good|use) is {g}?
what do (people|you) gain by {g}?
give me (reasons|some reasons) to {v}
what (makes|would make) it (worth|useful) to {v}?
reasons for {g}?""",
    "time": """how long does it take to {v}?
how (much|many) (time|hours) does it take to {v}?
how (soon|quickly|fast) can (I|you|one) expect to {v}?
what is the usual time needed to {v}?
{g}: how long until it works?
in how much time can someone {v}?""",
    "cost": """how much does it cost to {v}?
what is the (cost|price) of {g}?
how much money do I need to {v}?
is it expensive to {v}, and how much is it?
what would I (pay|have to spend) to {v}?
what's the (typical|average) cost when {g}?""",
    "mistakes": """what are (common|the most common|typical) mistakes when {g}?
what mistakes do (people|beginners) make when {g}?
what should I avoid when {g}?
what not to do when {g}?
what goes wrong most often when {g}?""",
    "alone": """can (I|you|one) {v} without (help|any help|a professional)?
is it possible to {v} on (my|your) own?
do I need (somebody|a professional|an expert) to {v}?
could I {v} all by myself?""",
    "hard": """how (hard|difficult) is it to {v}?
is it (hard|difficult|tough) to {v}?
what makes it so (hard|difficult) to {v}?""",
    "app": """what is the best (app|website|tool) (to help me|to) {v}?
which (app|application|website) (is good|works best) for {g}?
are there (any|good) (apps|websites) that help (you|me|people) {v}?
recommend (an app|a site|a tool) for {g}""",
    "books": """what (is the best book|are the best books|are good books) (on|about) {g}?
which book should I read (on|about) {g}?
recommend (a book|some books|a good book) on {g}
any good reading material about {g}?""",
    "danger": """is it (dangerous|risky) to {v}?
what are the (dangers|risks) of {g}?
what (harm|damage) can come from {g}?
can {g} be bad for (you|me)?
are there any (side effects|downsides) to {g}?""",
    "last": """when is the best time (of day|of year|of my life) to {v}?
when should (I|you|one) {v}?
what time is (ideal|best) to {v}?""",
    "who": """who can help me {v}?
whom should I (ask|contact|hire) to {v}?
is there (someone|a person|a professional) who helps people {v}?""",
}

# type of thing: examples | other names
THINGS = {
    "country": "Norway; Sweden; Finland; Denmark; Japan; South Korea|Korea; China; India; Pakistan; Brazil; Argentina; Chile; Peru; Canada; Australia; New Zealand; Kenya; Nigeria; Egypt; "
               "Morocco; Greece; Italy; Spain; Portugal; France; Germany; Austria; Switzerland; Poland; Vietnam; Thailand; Turkey; Mexico; Cuba; Iceland; Ireland; the UK|the United Kingdom|Britain",
    "language": "Python; Java; C; C++|cpp; JavaScript|JS; TypeScript; Go|Golang; Rust; Ruby; PHP; Swift; Kotlin; SQL; Haskell; Scala; R; MATLAB; Perl; Lua",
    "animal": "cats; dogs; elephants; dolphins; whales; sharks; owls; eagles; penguins; bats; snakes; spiders; bees; ants; wolves; bears; horses; cows; octopuses; parrots; turtles; frogs",
    "food": "green tea; black tea; coffee; honey; white rice; brown rice; eggs; milk; almond milk; peanut butter; avocado; dark chocolate; olive oil; coconut oil; garlic; ginger; bananas; oats; salmon; red meat",
    "illness": "diabetes; asthma; migraine|migraines; depression; anxiety; the flu|influenza; pneumonia; malaria; anemia; arthritis; insomnia; high blood pressure|hypertension; measles; eczema; gout; vertigo",
    "product": "the iPhone 14; the iPhone 15; the Galaxy S22; the Galaxy S23; the Pixel 7; the Pixel 8; a PlayStation 4|a PS4; a PlayStation 5|a PS5; an Xbox; a Kindle; an iPad; a MacBook Air; a MacBook Pro; a Tesla Model 3; a Tesla Model S; a Chromebook",
    "work": "Hamlet; Macbeth; Moby Dick; Dracula; Frankenstein; The Odyssey; The Iliad; War and Peace; Crime and Punishment; Don Quixote; The Great Gatsby; Pride and Prejudice; Jane Eyre; Great Expectations; Oliver Twist; Inception; Titanic; Casablanca; Jaws; Psycho",
    "famous": "Albert Einstein|Einstein; Isaac Newton|Newton; Marie Curie; Charles Darwin|Darwin; Leonardo da Vinci; Michelangelo; Mozart; Beethoven; Napoleon; Julius Caesar|Caesar; Cleopatra; Abraham Lincoln|Lincoln; "
              "George Washington; Mahatma Gandhi|Gandhi; Nelson Mandela|Mandela; Nikola Tesla; Thomas Edison|Edison; Galileo; Aristotle; Plato; Vincent van Gogh|Van Gogh; Pablo Picasso|Picasso",
    "science": "black holes; gravity; photosynthesis; evolution; inflation; blockchain; machine learning; deep learning; quantum computing; nuclear fusion; nuclear fission; global warming; acid rain; "
               "earthquakes; volcanoes; tornadoes; hurricanes; lightning; rainbows; tides; DNA; vaccines; antibiotics; magnets; superconductors",
    "company": "Google; Microsoft; Apple; Amazon; Facebook|Meta; Netflix; Tesla; Toyota; Samsung; Sony; Nokia; IBM; Intel; Oracle; Uber; Airbnb; Spotify; Nike; Ikea; Siemens",
    "degree": "computer science; mechanical engineering; electrical engineering; civil engineering; medicine; law; economics; physics; mathematics|maths|math; psychology; philosophy; history; architecture; nursing; accounting; marketing",
    "sport": "football; basketball; tennis; badminton; cricket; baseball; ice hockey; field hockey; golf; rugby; volleyball; beach volleyball; table tennis|ping pong; chess; boxing; swimming; rowing; cycling",
}

THING_INTENTS = {
    "country": {
        "capital": "what is the capital [city] of {x}?/which city is the capital of {x}?/capital of {x}?/name the capital of {x}/what city is {x}'s capital?/tell me {x}'s capital city/where does the government of {x} sit, i.e. its capital?",
        "largest": "what is the (largest|biggest) city in {x}?/which city in {x} is the (largest|biggest)?/{x}'s (largest|biggest) city?/in {x}, which city is the biggest?",
        "smallest": "what is the smallest city in {x}?/which city in {x} is the smallest?/{x}'s smallest city?",
        "population": "what is the population of {x}?/how many people live in {x}?/how many inhabitants does {x} have?/{x} population?/how big is the population of {x}?",
        "area": "how large is {x} in square kilometers?/what is the (land area|area) of {x}?/what area does {x} cover?/how many square kilometers does {x} have?",
        "currency": "what is the currency of {x}?/what money do they use in {x}?/which currency is used in {x}?/what do people pay with in {x}?/{x}'s currency?",
        "language": "what language is spoken in {x}?/which language do people speak in {x}?/what do they speak in {x}?/what is the official language of {x}?",
        "president": "who is the (leader|head of government) of {x}?/who (leads|governs|runs) {x}?/who is in charge of the government in {x}?",
        "food": "what is the national dish of {x}?/what food is {x} (known|famous) for?/what are typical dishes in {x}?/what do people eat in {x}?",
        "visit": "what is the best time to visit {x}?/when should I (visit|travel to|go to) {x}?/which month is best for a trip to {x}?/when is it best to go to {x}?",
        "safe": "is {x} safe [for tourists]?/how safe is {x} for (tourists|travellers)?/is it safe to (visit|travel to) {x}?/is it dangerous to travel in {x}?",
        "visa": "do I need a visa for {x}?/is a visa required to (visit|enter) {x}?/can I (enter|visit) {x} without a visa?/visa requirements for {x}?",
        "living": "what is it like to live in {x}?/how is life in {x}?/how do people live in {x}?/what's life like in {x}?",
        "costs": "how expensive is it to live in {x}?/what is the cost of living in {x}?/how much money do I need to live in {x}?/what does it cost to live in {x}?",
        "independence": "when did {x} become independent?/in what year did {x} gain independence?/since when has {x} been independent?/what year was {x}'s independence?",
        "why": "why did {x} become independent?/what led to {x}'s independence?/what caused {x} to gain independence?",
        "places": "what are the best places to (visit|see) in {x}?/which places should I see in {x}?/what are must-see sights in {x}?/where should I go in {x}?",
    },
    "language": {
        "sort": "how do I sort a list in {x}?/what is the way to sort an array in {x}?/sorting a list using {x}?/how can a list be put in order in {x}?",
        "reverse": "how do I reverse a list in {x}?/what is the way to reverse an array in {x}?/reversing a list using {x}?/how can a list be turned around in {x}?",
        "readfile": "how do I read a file in {x}?/how can I open and read a text file with {x}?/reading file contents in {x}?/what's the code to load a text file in {x}?",
        "writefile": "how do I write to a file in {x}?/how can I save text to a file with {x}?/writing file contents in {x}?/what's the code to store text in a file in {x}?",
        "learn": "what is the best way to learn {x}?/how (do|can|should) I (learn|study) {x}?/how do I start learning {x}?/where can a beginner learn {x}?/how to get good at {x}?",
        "use": "what is {x} used for?/what can you do with {x}?/where is {x} used?/what are {x}'s main applications?",
        "worth": "is {x} worth learning [today]?/should I (learn|still learn) {x}?/does it make sense to learn {x} (now|these days)?",
        "why": "why is {x} so popular?/what makes {x} (popular|so widely used)?/why do so many people use {x}?",
        "hate": "why do (people|developers) dislike {x}?/what are the drawbacks of {x}?/what is wrong with {x}?/what are {x}'s weaknesses?",
        "creator": "who (created|invented|designed|made) {x}?/who is the (creator|inventor) of {x}?/by whom was {x} (created|designed)?",
        "when": "when was {x} (created|first released|invented)?/what year did {x} come out?/how old is {x}?",
        "ide": "what is the best (IDE|editor) for {x}?/which (IDE|editor) should I use for {x}?/what do you use to write {x} code?",
        "salary": "how much do {x} (developers|programmers) earn?/what is the average salary of a {x} developer?/what does a {x} programmer make?",
        "string": "how do I convert a string to an integer in {x}?/how can I turn text into a number in {x}?/parse an int from a string in {x}/string to int conversion in {x}?",
        "intstring": "how do I convert an integer to a string in {x}?/how can I turn a number into text in {x}?/format an int as a string in {x}/int to string conversion in {x}?",
    },
    "animal": {
        "lifespan": "how long do {x} live?/what is the (lifespan|life expectancy) of {x}?/how old do {x} get?/what age can {x} reach?",
        "eat": "what do {x} eat?/what is the diet of {x}?/what food do {x} (like|feed on)?/what are {x} fed on?",
        "eaten": "what eats {x}?/what are the (predators|natural enemies) of {x}?/which animals hunt {x}?",
        "sleep": "how (much|long) do {x} sleep?/how many hours a day do {x} sleep?/what amount of sleep do {x} need?",
        "where": "where do {x} live?/what is the habitat of {x}?/in which places are {x} found?/where can {x} be found?",
        "smart": "how (smart|intelligent|clever) are {x}?/are {x} (smart|intelligent)?/what is known about the intelligence of {x}?",
        "fear": "why are people (afraid|scared) of {x}?/why do people fear {x}?/what makes humans afraid of {x}?",
        "fear2": "why are {x} (afraid|scared) of people?/why do {x} fear people?/what makes {x} afraid of humans?",
        "see": "how do {x} see [at night]?/how good is the eyesight of {x}?/can {x} see (well|in the dark)?",
        "dream": "do {x} dream?/can {x} have dreams?/is it known whether {x} dream?", "talk": "how do {x} communicate?/how do {x} talk to each other?/what do {x} do to communicate with one another?",
    },
    "food": {
        "good": "is {x} (good|healthy) (for you|for me)?/what are the (health benefits|benefits) of {x}?/why is {x} (healthy|good for you)?/does {x} do anything good for health?",
        "bad": "is {x} bad for (you|health)?/what are the (side effects|dangers) of {x}?/can {x} be (harmful|unhealthy)?/why is {x} unhealthy?",
        "calories": "how many calories (are there|are) in {x}?/what is the calorie count of {x}?/calories in {x}?/how (caloric|fattening) is {x} in calories?",
        "protein": "how much protein is (there|contained) in {x}?/what is the protein content of {x}?/protein in {x}?",
        "weight": "does {x} help (you|with) (losing weight|weight loss)?/can I lose weight with {x}?/is {x} good for weight loss?",
        "gain": "does {x} make you (gain weight|fat)?/can I gain weight from {x}?/is {x} fattening?", "store": "how should {x} be stored?/where do I keep {x} fresh?/what is the right way to store {x}?",
        "night": "is it okay to have {x} (at night|before bed)?/can I have {x} late in the evening?/should one have {x} right before going to sleep?",
        "morning": "is it okay to have {x} (first thing in the morning|on an empty stomach)?/can I have {x} before breakfast?/should one have {x} right after waking up?",
        "dog": "can dogs (have|eat|consume) {x}?/is {x} safe for dogs?/is it okay to give a dog {x}?", "cat": "can cats (have|eat|consume) {x}?/is {x} safe for cats?/is it okay to give a cat {x}?",
    },
    "illness": {
        "cause": "what causes {x}?/what is the cause of {x}?/why do people get {x}?/where does {x} come from?/what brings on {x}?",
        "effect": "what are the effects of {x}?/what does {x} do to (the body|you)?/what happens to people with {x}?/what does {x} lead to?",
        "symptoms": "what are the symptoms of {x}?/how do I know if I have {x}?/what are the signs of {x}?/how can you tell that it is {x}?/which signs point to {x}?",
        "cure": "how is {x} (cured|treated)?/what is the (treatment|cure|best treatment) for {x}?/how do I (treat|cure|get rid of) {x}?/what helps against {x}?",
        "prevent": "how can {x} be prevented?/how do I (avoid|prevent) {x}?/what can I do so that I don't get {x}?/how does one keep from getting {x}?",
        "contagious": "is {x} contagious?/can you catch {x} from (someone|another person)?/does {x} spread between people?", "genetic": "is {x} (hereditary|genetic)?/does {x} run in families?/can {x} be inherited?",
        "diet": "what should (I|people) eat with {x}?/what is a good diet for {x}?/which foods are good for {x}?", "avoid": "what should (I|people) not eat with {x}?/which foods (should be avoided|are bad) with {x}?",
        "doctor": "which doctor treats {x}?/what kind of doctor should I see for {x}?/who do I go to with {x}?",
    },
    "product": {
        "price": "how much (is {x}|does {x} cost)?/what is the price of {x}?/what does {x} cost?/how much do I pay for {x}?/price of {x}?",
        "worth": "is {x} worth (it|buying|the money)?/should I (buy|get) {x}?/would you recommend buying {x}?/is it a good idea to get {x}?",
        "battery": "how long does the battery of {x} last?/what is the battery life of {x}?/how good is the battery in {x}?",
        "release": "when (was|did) {x} (released|come out)?/what is the release date of {x}?/in which year did {x} come out?",
        "problem": "what are common problems with {x}?/what goes wrong with {x}?/what issues do owners of {x} report?", "sell": "where can I sell {x}?/what is the best place to sell {x}?/who buys {x} second hand?",
        "buy": "where can I buy {x}?/what is the best place to buy {x}?/who sells {x}?", "reset": "how do I reset {x}?/what is the way to factory reset {x}?/resetting {x}?", "repair": "how much is it to repair {x}?/what does it cost to fix {x}?/repair cost of {x}?",
    },
    "work": {
        "author": "who (wrote|is the author of|created) {x}?/by whom was {x} (written|made)?/{x} was the work of whom?/name the person behind {x}", "year": "when was {x} (written|made|released)?/in what year did {x} (appear|come out)?/how old is {x}?/what year is {x} from?",
        "plot": "what is {x} about?/what happens in {x}?/what is the (plot|story) of {x}?/summarize {x}/give me a summary of {x}", "end": "how does {x} end?/what happens at the end of {x}?/what is the ending of {x}?",
        "begin": "how does {x} (start|begin)?/what happens at the beginning of {x}?/what is the opening of {x}?", "hero": "who is the main character (in|of) {x}?/who is the protagonist of {x}?/{x}: who is the hero?", "villain": "who is the villain (in|of) {x}?/who is the antagonist of {x}?/{x}: who is the bad guy?",
        "long": "how long is {x}?/what is the length of {x}?/how much time does {x} take from start to finish?", "why": "why is {x} (so famous|a classic)?/what makes {x} (so great|a classic)?/why do people love {x}?", "meaning": "what is the (message|moral) of {x}?/what does {x} teach us?/what should we learn from {x}?",
    },
    "famous": {
        "born": "when was {x} born?/what is {x}'s (birthday|date of birth)?/in which year was {x} born?/{x} birth date?", "died": "when did {x} die?/what is {x}'s date of death?/in which year did {x} die?/{x} death date?",
        "how": "how did {x} die?/what did {x} die of?/what was the cause of {x}'s death?", "where": "where was {x} born?/what is {x}'s (birthplace|place of birth)?/in which town was {x} born?", "wheredied": "where did {x} die?/in which place did {x} die?/what was {x}'s place of death?",
        "known": "why is {x} famous?/what is {x} (known|famous) for?/what did {x} do?/what made {x} famous?", "wife": "who was {x} married to?/who did {x} marry?/did {x} have a spouse, and who?", "kids": "how many children did {x} have?/did {x} have (kids|children), and how many?/number of {x}'s children?",
        "age": "how old was {x} at death?/at what age did {x} die?/how old did {x} get?", "quote": "what is a famous quote (by|from) {x}?/what did {x} famously say?/best quotes (of|by) {x}?", "book": "what is the best (book|biography) about {x}?/which biography of {x} should I read?/what should I read to learn about {x}?",
        "school": "where did {x} (study|go to school)?/what education did {x} have?/which school did {x} attend?",
    },
    "science": {
        "what": "what (is meant by|does one mean by) {x}?/explain {x} [to me]/can you explain {x}?/give me a (definition|short explanation) of {x}/define {x}/what exactly do we understand by {x}?", "how": "how (do|does) {x} work?/what is the mechanism behind {x}?/how does it work with {x}?/explain the workings of {x}",
        "cause": "what causes {x}?/what is the cause of {x}?/why does {x} happen?/what brings about {x}?", "effect": "what are the effects of {x}?/what are the consequences of {x}?/what does {x} lead to?/what results from {x}?",
        "who": "who discovered {x}?/who was the first to (describe|discover) {x}?/by whom was {x} discovered?", "when": "when was {x} discovered?/in which year was {x} discovered?/since when has {x} been known?", "use": "what is {x} (used|useful|good) for?/what are the applications of {x}?/where is {x} applied?",
        "child": "how do I explain {x} to a child?/explain {x} like I'm five/{x} in simple words for kids?", "myth": "what are common misconceptions about {x}?/what do people get wrong about {x}?/what myths exist about {x}?",
    },
    "company": {
        "ceo": "who is the CEO of {x}?/who (runs|leads|heads) {x}?/{x}'s chief executive?/who is in charge at {x}?", "founder": "who founded {x}?/who (started|is the founder of) {x}?/by whom was {x} founded?/who created {x}?", "when": "when was {x} founded?/in which year did {x} start?/how old is {x}?/what year was {x} established?",
        "where": "where is {x} based?/where is the headquarters of {x}?/in which city is {x} headquartered?", "job": "how do I get a job at {x}?/how can I (work for|get hired by) {x}?/what does it take to be hired at {x}?", "interview": "what is the interview process (at|like at) {x}?/what do they ask in interviews at {x}?/how are interviews at {x}?",
        "money": "how does {x} make money?/what is the business model of {x}?/where does {x}'s revenue come from?/how does {x} earn its money?", "worth": "how much is {x} worth?/what is the (value|market value) of {x}?/what's {x}'s market cap?", "salary": "how much does {x} pay [its engineers]?/what are salaries like at {x}?/what do people earn at {x}?",
        "like": "what is it like to work (at|for) {x}?/how is the work environment at {x}?/is {x} a good (employer|place to work)?", "rival": "who are the competitors of {x}?/which companies compete with {x}?/{x}'s main rivals?", "support": "how do I contact {x} support?/what is {x}'s customer service number?/how can I reach customer service at {x}?", "stock": "should I (buy|invest in) {x} stock?/is {x} stock a good investment?/are {x} shares worth buying?",
    },
    "degree": {
        "jobs": "what jobs can I get with a degree in {x}?/what can you do with a {x} degree?/which careers are open after studying {x}?", "best": "what is the best university for {x}?/where should I study {x}?/which (college|university) is (top|best) for {x}?", "long": "how long does a degree in {x} take?/how many years does it take to study {x}?/how long do you study {x}?",
        "hard": "how (hard|difficult) is it to study {x}?/is {x} a (hard|difficult) subject?/is studying {x} (tough|hard)?", "pay": "how much do (graduates in|people with a degree in) {x} earn?/what is the salary after studying {x}?/what is the pay for {x} graduates?", "why": "why (should I|did you) study {x}?/what are good reasons to study {x}?/why choose {x} as a major?", "future": "what is the (future|scope) of {x}?/does {x} have a future?/what are the prospects for {x}?",
        "switch": "how can I switch from {x} to another field?/how do I leave {x} for something else?/I studied {x}; how do I change careers?", "switchto": "how can I switch to {x} from another field?/how do I get into {x} coming from something else?/I studied something else; how do I move into {x}?", "books": "what are the best books (on|about|for) {x}?/which books should a {x} student read?/recommend books on {x}",
    },
    "sport": {
        "rules": "what are the rules of {x}?/how is {x} played?/how do you play {x}?/explain the rules of {x}", "players": "how many (players|people) are on a {x} team?/what is the number of players in {x}?/how many people play {x} on one side?", "invented": "who invented {x}?/where does {x} come from?/what is the origin of {x}?/where was {x} invented?", "best": "who is the best {x} player (of all time|ever)?/who is the greatest in {x} history?/greatest {x} player ever?",
        "better": "how (do|can) I get better at {x}?/how can I improve my {x}?/what should I do to become good at {x}?/tips for improving at {x}?", "watch": "where can I watch {x} (online|live)?/on which channel is {x} shown?/how can I (stream|see) {x}?", "equipment": "what (equipment|gear) do I need for {x}?/what do you need to play {x}?/which equipment is required for {x}?", "popular": "why is {x} so popular?/what makes {x} popular?/why do (so many people|people) like {x}?", "unpopular": "why is {x} not more popular?/why do so few people care about {x}?/what keeps {x} from being popular?",
        "long": "how long is a game of {x}?/how much time does a {x} match take?/what is the duration of a {x} match?", "age": "at what age should (a child|children|one) start {x}?/how young can you start with {x}?/what is a good age to begin {x}?",
    },
}

# Two things of one sort, where their order may or may not matter.
COMPARE = {
    "difference": """what is the difference between {x1} and {x2}?
what's the difference between {x2} and {x1}?
how (is|are) {x1} different from {x2}?
how do {x1} and {x2} differ?
{x1} vs {x2}: what is the difference?
what (distinguishes|sets apart) {x1} from {x2}?""",
    "better": """which is better, {x1} or {x2}?
which is better: {x2} or {x1}?
{x1} or {x2}, which (should I choose|one is better|would you recommend)?
should I (go for|choose|prefer) {x1} or {x2}?
is {x1} or {x2} the better choice?""",
    "same": """what do {x1} and {x2} have in common?
what are the similarities between {x1} and {x2}?
how (is|are) {x1} similar to {x2}?
in what ways (is|are) {x2} like {x1}?""",
}
DIRECTED = {
    "whybetter": """why is {x1} better than {x2}?
what makes {x1} better than {x2}?
what advantages does {x1} have over {x2}?
in what way does {x1} beat {x2}?
why would anyone prefer {x1} to {x2}?""",
    "is": """is {x1} better than {x2}?
would you say {x1} is better than {x2}?
does {x1} beat {x2}?
is {x1} superior to {x2}?""",
    "worse": """why is {x1} worse than {x2}?
what makes {x1} worse than {x2}?
in what way does {x1} lose to {x2}?""",
    "switch": """should I switch from {x1} to {x2}?
is it worth moving from {x1} to {x2}?
does it make sense to leave {x1} for {x2}?
I have {x1}; should I change to {x2}?""",
}


def gerund(phrase):
    """`lose weight` -> `losing weight`."""
    verb, _, rest = phrase.partition(" ")
    special = {"get": "getting", "quit": "quitting", "stop": "stopping", "run": "running", "put": "putting", "swim": "swimming", "drop": "dropping", "begin": "beginning",
               "win": "winning", "set": "setting", "cut": "cutting", "beat": "beating", "shed": "shedding", "unclog": "unclogging", "slim": "slimming", "repair": "repairing", "hit": "hitting"}
    if verb in special:
        made = special[verb]
    elif verb.endswith("e") and not verb.endswith("ee"):
        made = verb[:-1] + "ing"
    else:
        made = verb + "ing"
    return f"{made} {rest}".strip()


class ActionFamily(Family):
    """`{g}` is the gerund of `{v}`: one value behind both."""

    def draw(self, rng, slots):
        value = self.pools["v"].draw(rng)
        return {slot: value for slot in slots}

    def say(self, intent, values, rng, form=None, template=None):
        verb = next(iter(values.values()))
        chosen = verb[0] if form is None else form.choice(verb)
        shown = {slot: ((chosen,) if slot == "v" else (gerund(chosen),)) for slot in ("v", "g")}
        return super().say(intent, shown, rng, None, template)

    def __init__(self, name, intents, pools, **options):
        super().__init__(name, intents, pools, **options)
        merged = {}
        for intent in self.intents:
            merged.setdefault(intent.name, intent).templates += [] if merged.get(intent.name) is intent else intent.templates
        for intent in merged.values():
            intent.slots = frozenset({"v"})
        self.intents = list(merged.values())


# Questions of these pairs are too near to call different.
NEAR_ACTIONS = {frozenset(p) for p in (("how", "app"), ("how", "who"), ("how", "alone"), ("hard", "alone"))}
NEAR_THINGS = {frozenset(p) for p in (("good", "weight"), ("bad", "gain"), ("what", "how"), ("what", "child"), ("how", "cause"), ("jobs", "future"), ("living", "costs"), ("president", "capital"),
                                      ("cure", "diet"), ("known", "quote"), ("worth", "problem"), ("bad", "night"), ("bad", "morning"), ("how", "child"), ("invented", "popular"), ("prevent", "avoid"))}


def _apart(near):
    return lambda one, two: one.name != two.name and frozenset((one.name, two.name)) not in near


def families(pools):
    """Every family of open questions."""
    made = []
    for name, text in ACTIONS.items():
        pool = {"v": Fixed(text), "g": Fixed(text)}
        made.append(ActionFamily(f"ask/do/{name}", ACTION_INTENTS, pool, kind_of_intent="neg_question_word", apart=_apart(NEAR_ACTIONS), style="question"))
    for name, text in THINGS.items():
        intents = {intent: wordings.split("/") for intent, wordings in THING_INTENTS[name].items()}
        pool = Fixed(text)
        made.append(Family(f"ask/about/{name}", intents, {"x": pool}, kind_of_intent="neg_question_word", apart=_apart(NEAR_THINGS), style="question"))
        made.append(Family(f"ask/compare/{name}", COMPARE, {"x1": pool, "x2": pool}, kind_of_intent="neg_same_topic", symmetric=True))
    return made


def directed(pools):
    """Comparisons with a direction: swapping the two asks something else."""
    return [Family(f"ask/directed/{name}", DIRECTED, {"x1": Fixed(text), "x2": Fixed(text)}, kind_of_intent="neg_same_topic") for name, text in THINGS.items()
            if name in ("language", "product", "sport", "company", "degree", "country", "food")]
