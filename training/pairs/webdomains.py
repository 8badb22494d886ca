"""Invented sites for web-agent tasks: what they hold, what one does there, and the fields of their records.

Field: type, then its names, then (optional) natural wordings per operator, as `op: wording | wording`.
Action: the whole of it with `{o}` for the record; `+` marks actions that take the record's fields as new values.
"""

DOMAINS = {}


def domain(name, nouns, fields, actions, pages=""):
    """Registers a site."""
    DOMAINS[name] = (nouns, fields, actions, pages)


COMMON = {
    "details": ["show details for {o}", "show me details for {o}", "open the details page of {o}", "view the detail page of {o}", "go to the page of {o}",
                "I want to see the details of {o}", "let me see more about {o}", "pull up {o} and show its details", "get the details of {o}"],
    "share": ["share {o}", "send someone a link to {o}", "share {o} with somebody", "use the share button on {o}", "pass {o} on with the share option"],
    "delete": ["delete {o}", "remove {o}", "get rid of {o}", "erase {o}", "find {o} and delete it", "I want {o} gone"],
    "search": ["search for {o}", "look for {o}", "find {o}", "locate {o}", "look up {o}", "run a search for {o}", "use the search to find {o}"],
    "edit": ["edit {o}", "update {o}", "modify {o}", "open {o} for editing", "change the details of {o}", "make changes to {o}"],
    "save": ["bookmark {o}", "save {o} for later", "add {o} to my favorites", "put {o} on my saved list", "keep {o} in my favorites"],
    "unsave": ["remove {o} from my favorites", "unsave {o}", "take {o} off my saved list", "drop {o} from my bookmarks"],
}

domain("films", "movie|film", {
    "title": ("title", "title|name", "eq: called {v} | titled {v} | named {v}"),
    "director": ("person", "director", "eq: directed by {v} | by {v} | made by director {v}; ne: not directed by {v} | except those by {v}"),
    "star": ("person", "lead actor|main actor", "eq: starring {v} | with {v} in the lead; ne: not starring {v}"),
    "year": ("recent", "year|release year", "eq: released in {v} | from {v}; gt: released after {v} | newer than {v}; lt: released before {v} | older than {v}"),
    "genre": ("genre", "genre|category", "eq: in the {v} genre | of genre {v} | classified as {v}; ne: that is not {v} | outside the {v} genre"),
    "rating": ("score", "rating|score", "gt: rated above {v} | rated higher than {v}; lt: rated below {v} | rated lower than {v}; ge: rated {v} or better | rated at least {v}"),
    "length": ("runtime", "duration|running time|length", "gt: longer than {v} minutes | over {v} minutes long; lt: shorter than {v} minutes | under {v} minutes long"),
}, {"details": None, "share": None, "delete": None, "search": None, "edit": None, "save": None, "unsave": None,
    "trailer": ["watch the trailer of {o}", "play the trailer for {o}", "start the trailer of {o}", "I'd like to watch the trailer for {o}"],
    "comment": ["write a comment on {o}", "leave a comment on {o}", "post a comment under {o}", "comment on {o}"],
    "cast": ["show the cast of {o}", "list the actors in {o}", "who acts in {o}", "see the cast list of {o}"],
    "+add": ["add a movie with {a}", "register a new film with {a}", "create a film record with {a}", "insert a movie into the catalogue with {a}"],
    "+editto": ["edit {o} and set {a}", "update {o} so that it has {a}", "change {o}: set {a}", "modify {o} to have {a}"]})

domain("bookshop", "book|title", {
    "title": ("title", "title|name", "eq: called {v} | titled {v}"),
    "editor": ("person", "editor", "eq: edited by {v}; ne: not edited by {v}"),
    "author": ("person", "author|writer", "eq: by {v} | written by {v} | authored by {v}; ne: not written by {v} | by anyone but {v}"),
    "year": ("year", "publication year|year", "eq: published in {v} | from {v}; gt: published after {v}; lt: published before {v}"),
    "pages": ("big", "page count|number of pages", "gt: with more than {v} pages | over {v} pages; lt: with fewer than {v} pages | under {v} pages"),
    "price": ("money", "price|cost", "lt: cheaper than {v} | under {v} | for less than {v}; gt: costing more than {v} | over {v}"),
    "rating": ("rating", "rating", "ge: rated {v} or higher | with at least {v} stars; gt: rated above {v}"),
}, {"details": None, "share": None, "search": None, "delete": None, "save": None,
    "cart": ["add {o} to the cart", "put {o} in my basket", "place {o} in the shopping cart", "I want {o} in my cart"],
    "uncart": ["remove {o} from the cart", "take {o} out of my basket", "drop {o} from the shopping cart"],
    "buy": ["buy {o}", "purchase {o}", "order {o}", "check out with {o}"],
    "preview": ["read a sample of {o}", "preview {o}", "open the reading preview of {o}", "look inside {o}"],
    "review": ["write a review of {o}", "leave a review for {o}", "review {o}", "post my opinion on {o}"],
    "+add": ["add a book with {a}", "create a new book entry with {a}", "register a book with {a}"]})

domain("shop", "product|item", {
    "name": ("gadget", "name|product name", "eq: called {v} | named {v}"),
    "brand": ("company", "brand|manufacturer|maker", "eq: made by {v} | from {v} | from the brand {v}; ne: not made by {v} | from any brand but {v}"),
    "price": ("money", "price|cost", "lt: cheaper than {v} | under {v} | below {v}; gt: over {v} | more expensive than {v}; ge: from {v} upwards"),
    "category": ("ware", "category|department", "eq: in the {v} category | from the {v} department; ne: outside the {v} category"),
    "rating": ("rating", "rating|stars", "ge: rated at least {v} | with {v} stars or more; lt: rated below {v}"),
    "color": ("color", "color|colour", "eq: in {v} | that comes in {v}; ne: in any color but {v}"),
}, {"details": None, "share": None, "search": None, "save": None, "unsave": None,
    "cart": ["add {o} to my cart", "put {o} into the basket", "place {o} in the cart", "throw {o} in my shopping cart"],
    "wish": ["add {o} to my wishlist", "put {o} on the wish list", "wishlist {o}"],
    "buy": ["buy {o}", "purchase {o}", "order {o} right now", "complete a purchase of {o}"],
    "compare": ["compare {o} with similar ones", "add {o} to the comparison", "put {o} in the compare view"],
    "qty": ["set the quantity of {o} to {n}", "change how many of {o} I get to {n}", "make the quantity {n} for {o}"]},
    "go to checkout|proceed to checkout|start the checkout|finish my order;open my cart|view the shopping cart|show what is in my basket;"
    "empty my cart|clear the basket|remove everything from the cart;sort by price from low to high|order the results by ascending price|put the cheapest first;"
    "sort by price from high to low|order the results by descending price|put the most expensive first;open the wishlist|show my wish list;"
    "go to the next page of results|show the following results page;go to the previous page of results|show the results page before this one;"
    "scroll to the bottom|go all the way down the page;scroll to the top|go all the way up the page")

domain("mailbox", "email|mail|message", {
    "sender": ("person", "sender|from", "eq: from {v} | sent by {v} | that {v} sent; ne: not from {v} | from anyone except {v}"),
    "to": ("person", "recipient|addressee", "eq: to {v} | addressed to {v}; ne: not addressed to {v}"),
    "subject": ("title", "subject|subject line", "eq: about {v} | with the subject line {v}"),
    "folder": ("folder", "folder|label", "eq: in {v} | in the {v} folder; ne: not in {v} | outside the {v} folder"),
    "date": ("fulldate", "date", "eq: dated {v} | received on {v}; gt: received after {v} | newer than {v}; lt: received before {v} | older than {v}"),
}, {"details": ["open {o}", "read {o}", "show me {o}", "pull up {o}", "view {o}"], "delete": None, "search": None,
    "reply": ["reply to {o}", "answer {o}", "write back to {o}", "respond to {o}"],
    "forward": ["forward {o}", "pass {o} on to someone", "send {o} on to somebody else"],
    "archive": ["archive {o}", "move {o} to the archive", "put {o} in the archive", "clear {o} from the inbox into the archive"],
    "star": ["star {o}", "mark {o} with a star", "add a star to {o}", "flag {o} as starred"],
    "unstar": ["unstar {o}", "remove the star from {o}", "take the star off {o}"],
    "spam": ["mark {o} as spam", "report {o} as spam", "move {o} to the spam folder", "flag {o} as junk"],
    "unread": ["mark {o} as unread", "set {o} back to unread"], "read": ["mark {o} as read", "set {o} to read"],
    "+send": ["send an email with {a}", "write and send a mail with {a}", "compose an email with {a} and send it"],
    "+draft": ["save a draft with {a}", "prepare an email with {a} but keep it as a draft"]},
    "open the inbox|go to my inbox|show incoming mail;open the sent folder|show mail I sent|go to sent items;"
    "switch the theme to dark|turn on dark mode|use the dark theme;switch the theme to light|turn on light mode|use the light theme;"
    "compose a new email|start a new message|write a new mail")

domain("crm", "client|customer|contact", {
    "name": ("person", "name|full name", "eq: named {v} | called {v}"),
    "email": ("email", "email|email address|mail address", "eq: with the address {v} | reachable at {v}; ne: with an address other than {v}"),
    "city": ("city", "city|location", "eq: based in {v} | from {v} | located in {v}; ne: not based in {v} | from outside {v}"),
    "status": ("status", "status", "eq: that is {v} | marked {v}; ne: that is not {v} | not marked {v}"),
    "cases": ("small", "number of open matters|open matters", "gt: with more than {v} open matters; lt: with fewer than {v} open matters; eq: with exactly {v} open matters"),
    "company": ("company", "company|employer", "eq: working for {v} | of {v}; ne: not with {v}"),
}, {"details": None, "delete": None, "search": None, "edit": None,
    "note": ["add a note to {o}", "attach a note to {o}", "write a note on {o}"],
    "call": ["log a phone call with {o}", "record a call with {o}", "note that I called {o}"],
    "archive": ["archive {o}", "move {o} to the archive"], "export": ["export {o}", "download {o} as a file", "save {o} to a CSV"],
    "+add": ["add a client with {a}", "create a new customer record with {a}", "register a new contact with {a}"],
    "+editto": ["update {o} and set {a}", "edit {o} so that it has {a}", "change {o} to have {a}"]},
    "show the list of all clients|open the client list|view every customer;open the billing section|go to billing;show the calendar|open the calendar view|go to the calendar;"
    "open the documents section|go to the documents page|show my documents;log out|sign out|end my session")

domain("calendar", "event|appointment|meeting", {
    "title": ("meeting", "title|name", "eq: called {v} | titled {v}"),
    "day": ("fulldate", "date|day", "eq: on {v} | scheduled for {v}; gt: after {v}; lt: before {v}"),
    "time": ("time", "start time|time", "eq: at {v} | starting at {v}; gt: later than {v}; lt: earlier than {v}"),
    "place": ("place", "location|place|room", "eq: in the {v} | taking place in the {v}; ne: anywhere but the {v}"),
    "guest": ("person", "attendee|guest|participant", "eq: with {v} | that {v} attends; ne: without {v}"),
}, {"details": None, "delete": ["cancel {o}", "delete {o}", "call off {o}", "remove {o} from the calendar"], "search": None,
    "remind": ["set a reminder for {o}", "remind me of {o}", "turn on a reminder for {o}"],
    "invite": ["invite people to {o}", "send invitations for {o}", "add guests to {o}"],
    "+add": ["create an event with {a}", "add an appointment with {a}", "schedule a meeting with {a}", "put an event in the calendar with {a}"],
    "+editto": ["reschedule {o} and set {a}", "change {o} to have {a}", "update {o} with {a}"]},
    "switch to the week view|show the week|change the calendar to weekly;switch to the month view|show the month|change the calendar to monthly;"
    "switch to the day view|show just today|change the calendar to daily;go to the next month|show the following month;go to the previous month|show the month before")

domain("jobs", "job|position|vacancy", {
    "title": ("job", "title|job title|role", "eq: for a {v} | as {v}"),
    "company": ("company", "company|employer", "eq: at {v} | with {v}; ne: not at {v} | at any company except {v}"),
    "city": ("city", "location|city", "eq: in {v} | based in {v}; ne: outside {v} | anywhere but {v}"),
    "salary": ("salary", "salary|pay", "gt: paying more than {v} | with pay above {v}; lt: paying less than {v}; ge: paying at least {v}"),
    "years": ("small", "required experience in years|years of experience", "gt: asking for more than {v} years of experience; lt: asking for less than {v} years of experience"),
}, {"details": None, "search": None, "save": None, "share": None,
    "apply": ["apply for {o}", "submit an application for {o}", "send my application for {o}", "apply to {o}"],
    "cancel": ["withdraw my application for {o}", "take back my application to {o}", "cancel the application for {o}"],
    "follow": ["follow the company behind {o}", "follow the employer of {o}"],
    "alert": ["create an alert for {o}", "notify me about {o}", "set up a job alert for {o}"]},
    "show my applications|open the list of jobs I applied to|view submitted applications;edit my profile|update my profile|change my profile details;"
    "open my network|show my connections|view the people I am connected to;write a post|create a new post|share an update")

domain("delivery", "restaurant|place to eat", {
    "name": ("eatery", "name|restaurant name", "eq: called {v} | named {v}"),
    "cuisine": ("cuisine", "cuisine|type of food", "eq: serving {v} food | with {v} food; ne: that does not serve {v} food | except {v} ones"),
    "rating": ("rating", "rating|stars", "ge: rated {v} or better | with at least {v} stars; lt: rated below {v}"),
    "minutes": ("wait", "delivery time|delivery time in minutes", "lt: delivering in under {v} minutes | that delivers faster than {v} minutes; gt: taking more than {v} minutes to deliver"),
    "fee": ("money", "delivery fee|fee", "lt: with a delivery fee under {v}; gt: with a delivery fee over {v}"),
}, {"details": ["open {o}", "show me {o}", "view the page of {o}", "go to {o}"], "search": None, "save": None,
    "menu": ["show the menu of {o}", "open the menu at {o}", "see what {o} serves"],
    "reviews": ["read the reviews of {o}", "show what people say about {o}", "open the reviews for {o}"],
    "order": ["order {d} from {o}", "get me {d} from {o}", "place an order for {d} at {o}", "I want {d} delivered from {o}"],
    "book": ["book a table at {o}", "reserve a table at {o}", "make a table reservation at {o}"]},
    "empty the cart|clear my order|remove everything from the order;set the delivery priority to fast|choose priority delivery|ask for the fastest delivery;"
    "choose pickup instead of delivery|switch to pickup|set the order to pickup;choose delivery instead of pickup|switch to delivery|set the order to delivery")

domain("lodging", "hotel|stay|place", {
    "name": ("inn", "name|hotel name", "eq: called {v} | named {v}"),
    "city": ("city", "location|city", "eq: in {v} | located in {v}; ne: outside {v} | not in {v}"),
    "price": ("money", "price per night|nightly price", "lt: under {v} a night | cheaper than {v} per night; gt: over {v} a night | above {v} per night; ge: at {v} a night or more"),
    "guests": ("small", "guests|number of guests", "eq: for {v} guests | sleeping {v}; ge: for at least {v} guests; gt: for more than {v} guests"),
    "rating": ("rating", "rating|review score", "ge: rated at least {v} | with {v} or more stars; lt: rated under {v}"),
    "amenity": ("amenity", "amenities|facilities", "has: with {v} | that has {v} | offering {v}; hasnot: without {v} | that has no {v}"),
    "host": ("person", "host|owner", "eq: hosted by {v} | run by {v}; ne: not hosted by {v} | with a host other than {v}"),
}, {"details": None, "search": None, "save": None, "unsave": None, "share": None,
    "reserve": ["reserve {o} from {x} to {y}", "book {o} from {x} until {y}", "make a booking for {o}, check-in {x}, check-out {y}"],
    "message": ["message the host of {o}", "contact the owner of {o}", "write to the host of {o}"],
    "review": ["write a review for {o}", "leave a review of {o}", "rate {o} and say why"],
    "photos": ["show photos of {o}", "open the picture gallery of {o}", "let me see pictures of {o}"]})

domain("rides", "ride|trip", {
    "pickup": ("street", "pickup|pickup address|start", "eq: from {v} | starting at {v} | with pickup at {v}"),
    "drop": ("street", "destination|drop-off|drop-off address", "eq: to {v} | ending at {v} | going to {v}"),
    "when": ("fulldate", "date", "eq: on {v} | scheduled for {v}; gt: after {v}; lt: before {v}"),
    "time": ("time", "pickup time|time", "eq: at {v} | leaving at {v}; gt: later than {v}; lt: earlier than {v}"),
    "price": ("money", "price|fare", "lt: under {v} | cheaper than {v}; gt: over {v} | more than {v}"),
    "car": ("car", "car type|vehicle", "eq: in a {v} | using a {v}; ne: in anything but a {v}"),
}, {"details": None, "search": ["search for {o}", "find {o}", "look for {o}"],
    "reserve": ["book {o}", "reserve {o}", "order {o}", "arrange {o}"],
    "cancel": ["cancel {o}", "call off {o}", "cancel the booking of {o}"],
    "price": ["show the price of {o}", "how much is {o}", "get a fare estimate for {o}"],
    "track": ["track {o}", "show where {o} is now", "follow {o} on the map"]},
    "show my past trips|open my ride history|list the rides I took;show upcoming trips|open my scheduled rides|list the rides still to come")

domain("clinic", "doctor|physician", {
    "name": ("person", "name|doctor name", "eq: named {v} | called {v}"),
    "field": ("specialty", "specialty|speciality", "eq: specialized in {v} | practicing {v}; ne: not practicing {v} | of any field except {v}"),
    "city": ("city", "location|city", "eq: in {v} | practicing in {v}; ne: outside {v}"),
    "fee": ("money", "consultation fee|fee", "lt: charging less than {v} | with a fee under {v}; gt: charging more than {v}"),
    "years": ("count", "years of experience|experience", "gt: with more than {v} years of experience; lt: with less than {v} years of experience; ge: with at least {v} years of experience"),
    "language": ("language", "language|spoken language", "eq: speaking {v} | who speaks {v}; ne: who does not speak {v}"),
}, {"details": ["view the profile of {o}", "show the profile of {o}", "open the page of {o}", "tell me about {o}"], "search": None,
    "book": ["book an appointment with {o}", "make an appointment with {o}", "schedule a visit with {o}", "arrange a consultation with {o}"],
    "cancel": ["cancel my appointment with {o}", "call off the visit with {o}", "drop the appointment with {o}"],
    "contact": ["contact {o}", "send a message to {o}", "write to {o}"],
    "education": ["show the education of {o}", "where did {o} study", "open the education tab of {o}"],
    "reviews": ["read patient reviews of {o}", "show what patients say about {o}", "open the reviews of {o}"]},
    "show my prescriptions|list the medicines prescribed to me|open prescriptions;refill my prescription|request a prescription refill|order a refill;"
    "open my medical records|show my health records|view my records;upload a health record|add a medical record")

domain("board", "task|ticket|card", {
    "title": ("chore", "title|name", "eq: called {v} | titled {v}"),
    "assignee": ("person", "assignee|owner", "eq: assigned to {v} | owned by {v}; ne: not assigned to {v} | assigned to anyone but {v}"),
    "reporter": ("person", "reporter|creator", "eq: reported by {v} | created by {v}; ne: not reported by {v}"),
    "priority": ("priority", "priority", "eq: of {v} priority | with {v} priority; ne: not of {v} priority"),
    "due": ("fulldate", "due date|deadline", "eq: due on {v}; lt: due before {v}; gt: due after {v}"),
    "project": ("project", "project", "eq: in {v} | of the {v} project; ne: outside {v} | not part of {v}"),
}, {"details": None, "delete": None, "search": None, "edit": None,
    "done": ["mark {o} as done", "complete {o}", "close {o}", "check off {o}", "finish {o}"],
    "reopen": ["reopen {o}", "mark {o} as not done", "put {o} back to open"],
    "assign": ["assign {o} to {p}", "make {p} responsible for {o}", "give {o} to {p}", "hand {o} over to {p}"],
    "comment": ["comment on {o}", "add a comment to {o}", "leave a comment on {o}"],
    "+add": ["create a task with {a}", "add a ticket with {a}", "open a new card with {a}"],
    "+editto": ["update {o}: set {a}", "change {o} to have {a}", "edit {o} so it has {a}"]},
    "create a new project|start a project|add a project;add a team member|invite someone to the team;remove a team member|kick someone out of the team;"
    "open the list view|show tasks as a list;open the board view|show tasks as a board")

domain("chatapp", "channel|chat room|group", {
    "name": ("project", "name|channel name", "eq: called {v} | named {v}"),
    "members": ("count", "members|number of members", "gt: with more than {v} members; lt: with fewer than {v} members; eq: with exactly {v} members"),
    "owner": ("user", "owner|admin", "eq: run by {v} | owned by {v}; ne: not run by {v}"),
    "topic": ("topic", "topic|subject", "eq: about {v} | on the topic of {v}; ne: not about {v}"),
}, {"details": ["open {o}", "go to {o}", "view {o}", "show me {o}"], "search": None, "delete": None,
    "join": ["join {o}", "become a member of {o}", "enter {o}"], "leave": ["leave {o}", "quit {o}", "exit {o} for good"],
    "mute": ["mute {o}", "silence notifications from {o}", "turn off notifications for {o}"],
    "unmute": ["unmute {o}", "turn notifications from {o} back on"],
    "pin": ["pin {o}", "pin {o} to the top", "keep {o} at the top"],
    "say": ["post '{m}' in {o}", "write '{m}' in {o}", "send the message '{m}' to {o}", "say '{m}' in {o}"],
    "+add": ["create a channel with {a}", "set up a new group with {a}", "make a new chat room with {a}"]})

domain("courses", "course|class", {
    "title": ("topic", "title|subject", "eq: on {v} | about {v} | teaching {v}"),
    "assistant": ("person", "assistant|tutor", "eq: assisted by {v} | with {v} as the tutor"),
    "teacher": ("person", "teacher|instructor", "eq: taught by {v} | with {v} as the teacher; ne: not taught by {v}"),
    "weeks": ("small", "duration in weeks|weeks", "lt: shorter than {v} weeks | under {v} weeks; gt: longer than {v} weeks | over {v} weeks"),
    "level": ("level", "level|difficulty", "eq: at {v} level | for {v} learners; ne: not at {v} level"),
    "price": ("money", "price|fee", "lt: cheaper than {v} | under {v}; gt: over {v} | costing more than {v}"),
    "language": ("language", "language", "eq: in {v} | held in {v}; ne: in any language but {v}"),
}, {"details": None, "search": None, "save": None, "share": None,
    "enroll": ["enroll in {o}", "sign up for {o}", "register for {o}", "join {o}"],
    "drop": ["drop {o}", "unenroll from {o}", "cancel my registration for {o}"],
    "syllabus": ["show the syllabus of {o}", "open the lesson plan of {o}", "see what {o} covers"],
    "certificate": ["download the certificate of {o}", "get my certificate for {o}"]})

domain("property", "house|home|property", {
    "city": ("city", "city|location", "eq: in {v} | located in {v}; ne: outside {v}"),
    "rooms": ("small", "bedrooms|number of bedrooms", "eq: with {v} bedrooms | having {v} bedrooms; ge: with at least {v} bedrooms | with {v} or more bedrooms; lt: with fewer than {v} bedrooms"),
    "price": ("house", "price|asking price", "lt: under {v} | below {v} | for less than {v}; gt: over {v} | above {v}"),
    "area": ("big", "floor area|area in square meters", "gt: bigger than {v} square meters | over {v} square meters; lt: smaller than {v} square meters | under {v} square meters"),
    "agent": ("person", "agent|realtor", "eq: listed by {v} | sold by {v}; ne: not listed by {v}"),
    "feature": ("feature", "features", "has: with {v} | that has {v}; hasnot: without {v} | lacking {v}"),
}, {"details": None, "search": None, "save": None, "unsave": None, "share": None,
    "visit": ["schedule a viewing of {o}", "book a visit to {o}", "arrange to see {o} in person"],
    "contact": ["contact the agent for {o}", "message the realtor of {o}", "get in touch with the agent of {o}"],
    "mortgage": ["calculate the mortgage for {o}", "estimate monthly payments for {o}"]})

domain("bank", "transaction|payment|transfer", {
    "payee": ("company", "recipient|payee", "eq: to {v} | that went to {v}; ne: not to {v}"),
    "amount": ("money", "amount|sum", "gt: over {v} | above {v} | larger than {v}; lt: under {v} | below {v} | smaller than {v}; eq: of {v} | worth {v}"),
    "date": ("fulldate", "date", "eq: made on {v} | dated {v}; gt: made after {v}; lt: made before {v}"),
    "account": ("account", "source account|account debited", "eq: from my {v} account | out of {v}; ne: not from my {v} account"),
    "target": ("account", "target account|account credited", "eq: to my {v} account | into {v}; ne: not into {v}"),
}, {"details": None, "search": None, "dispute": ["dispute {o}", "report a problem with {o}", "contest {o}"],
    "repeat": ["repeat {o}", "make {o} again", "send {o} once more"], "receipt": ["download the receipt for {o}", "get a receipt of {o}"],
    "+send": ["make a transfer with {a}", "send money with {a}", "set up a payment with {a}"]},
    "freeze my card|block my card for now|put a hold on my card;unfreeze my card|unblock my card|lift the hold on my card;show my balance|what is my balance|how much money do I have;"
    "show the latest statement|open my most recent statement;order a new card|request a replacement card")

EXTRA = {
    "genre": "Drama; Comedy; Thriller; Horror; Romance; Science Fiction|Sci-Fi; Animation; Documentary; Western; Crime; Fantasy; Mystery; War; Musical",
    "gadget": "Aurora Desk Lamp; Aurora Floor Lamp; Trek Backpack 30; Trek Backpack 50; Summit Tent; Summit Jacket; Pulse Headphones; Pulse Earbuds; "
              "Pulse Speaker; Kettle One; Kettle Pro; Chef Knife Set; Chef Pan; Espresso Maker S; Espresso Maker X; Cloud Pillow; Cloud Mattress; Zen Yoga Mat; "
              "Swift Running Shoes; Swift Trail Shoes; Metro Watch; Metro Wallet; Garden Hose 20m; Garden Hose 30m; Robo Vacuum Mini; Robo Vacuum Max; USB-C Hub; USB-C Cable",
    "ware": "Electronics; Kitchen; Sports; Toys; Books; Garden; Clothing; Beauty; Office; Furniture; Automotive; Pet Supplies; Groceries; Jewelry",
    "folder": "Inbox; Archive; Work; Personal; Receipts; Travel; Family; Newsletters; Drafts; Important; Finance; School",
    "status": "active; inactive; pending; archived; on hold; closed; new; overdue",
    "meeting": "Budget Review; Budget Planning; Team Standup; Team Lunch; Design Review; Design Kickoff; Dentist Visit; Sprint Planning; Sprint Demo; "
               "Parent Evening; Yoga Class; Board Meeting; Board Dinner; Salary Talk; Project Kickoff; Quarterly Report",
    "place": "library; town hall; main office; north office; meeting room 2; meeting room 3; cafeteria; gym; conference room A; conference room B; garden; lobby",
    "eatery": "Casa Verde; Casa Roja; Golden Wok; Golden Spoon; Pasta Corner; Pizza Corner; Blue Lagoon Sushi; Tokyo Bento; Taco Fiesta; Burger Yard; "
              "Curry Garden; Spice Garden; Le Petit Four; Seoul Kitchen; Mama's Kitchen; Green Bowl; Noodle Bar; The Salad House",
    "cuisine": "Italian; Mexican; Chinese; Japanese; Indian; Thai; Greek; French; Korean; Vietnamese; Lebanese; Spanish; Ethiopian; Vegan",
    "dish": "a margherita pizza; a pepperoni pizza; two veggie burgers; a chicken curry; a chickpea curry; pad thai; a large ramen; a small ramen; three fish tacos; "
            "a Greek salad; a Caesar salad; a falafel wrap; a bowl of pho; spring rolls; lasagna; sushi for two; sushi for four",
    "inn": "Harbor View Inn; Harbor Lights Hotel; Mountain Lodge; Mountain Retreat; Old Mill Cottage; Old Mill House; City Nest; Palm Beach Resort; Pine Cabin; "
           "Lake Cabin; The Grand Elm; Sunset Villa; Sunrise Villa; Urban Loft; Garden Loft; Hilltop Hostel",
    "amenity": "wifi|wi-fi|wireless internet; a pool|a swimming pool; free parking; a gym|a fitness room; breakfast; air conditioning|AC; a kitchen; a hot tub; pet access; a sea view; a sauna; a balcony",
    "car": "sedan; van; convertible; limousine; minibus; electric car; SUV; compact car; wheelchair-accessible van",
    "specialty": "cardiology; dermatology; neurology; pediatrics; orthopedics; psychiatry; radiology; oncology; ophthalmology; dentistry; urology; general medicine",
    "language": "English; Spanish; French; German; Italian; Portuguese; Arabic; Mandarin; Japanese; Korean; Russian; Hindi; Polish; Dutch",
    "chore": "Fix login bug; Fix logout bug; Write release notes; Write test plan; Update homepage; Update pricing page; Review contract; Order chairs; Plan offsite; "
             "Clean up database; Migrate database; Design new logo; Call supplier; Renew domain; Renew insurance; Refactor parser",
    "priority": "high; medium; low; urgent; critical; normal",
    "project": "Apollo; Atlas; Beacon; Borealis; Cascade; Compass; Delta; Ember; Falcon; Horizon; Juniper; Kestrel; Lighthouse; Mosaic; Nimbus; Orion; Phoenix; Quartz; Redwood; Sequoia",
    "topic": "gardening; photography; machine learning; ancient history; modern history; chess; jazz; astronomy; baking; data science; woodworking; knitting; "
             "public speaking; creative writing; personal finance; corporate finance; web design; game design; first aid; yoga",
    "level": "beginner; intermediate; advanced; expert", "account": "checking; savings; business; joint; travel",
    "feature": "a garage; a garden; a pool; a fireplace; a basement; solar panels; a balcony; a terrace; an elevator; a home office",
}
