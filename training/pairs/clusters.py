"""Hand-written questions: a block per topic, a line per question, its wordings parted by ` / `. Lines of a block ask for different things."""

from .families import Family

TEXT = """
why is the sky blue / what makes the sky look blue / what is the reason the sky appears blue / how come the sky is blue
why is the sky red at sunset / what makes the sky look red in the evening / how come sunsets are red
what color is the sky on Mars / which color does the Martian sky have / what would the sky look like from Mars

why do cats purr / what makes cats purr / what is the reason for a cat's purring / how come cats purr
why do cats hiss / what makes cats hiss / what is the reason for a cat's hissing
how do cats purr / what is the mechanism of a cat's purr / by what means does a cat produce its purr
why does my cat bite me / what makes my cat bite me / how come I get bitten by my cat

what happens after death / what comes after we die / is there anything after dying / where do we go when we die
why do people fear death / what makes humans so afraid of dying / where does the fear of death come from
what happens to the body right after death / how does a corpse change after someone dies

how can I stop thinking about my ex / what should I do to get my ex out of my head / how do I forget my ex / what helps to stop missing an ex
how can I get my ex back / what should I do to win back my ex / how do I make my ex want me again
why does my ex keep texting me / what does it mean when an ex keeps sending messages / how come my former boyfriend won't stop texting

how do I know if someone blocked me on WhatsApp / what are signs that I have been blocked on WhatsApp / can I tell whether a contact has blocked me on WhatsApp
how do I block someone on WhatsApp / what are the steps to block a contact on WhatsApp / how can I stop someone from contacting me on WhatsApp
how do I unblock someone on WhatsApp / what are the steps to remove a block on a WhatsApp contact
how do I know if someone read my WhatsApp message / can I tell whether a contact has seen my message on WhatsApp

what is the meaning of life / what is the purpose of our existence / why are we here / what is the point of living
what makes life worth living / what things give people joy in life / what do people live for day to day in your opinion
what is the definition of life in biology / how do biologists define life / in biology, when is something considered alive

can I use my phone while it is charging / is it okay to use a phone during charging / is using a charging phone safe
can I leave my phone charging overnight / is it okay to charge a phone all night / is charging a phone while I sleep safe
why does my phone charge so slowly / what makes my phone take so long to charge / how come charging my phone takes forever
why does my phone get hot while charging / what makes my phone heat up when charging / how come my phone is warm on the charger

what is the fastest way to learn a new language / how can I learn a foreign language quickly / what's the quickest method to pick up another language
what is the easiest language to learn / which language takes the least effort to learn / which foreign language is the simplest to pick up
what is the hardest language to learn / which language takes the most effort to learn / which foreign language is the toughest
how many languages are there in the world / what is the number of languages spoken on Earth / how many different tongues do humans speak

how do planes fly / what keeps an airplane in the air / how does an aircraft stay up / what makes airplanes able to fly
how do birds fly / what keeps a bird in the air / what makes birds able to fly
how high do planes fly / what altitude do passenger planes reach / at what height does an airliner cruise
how fast do planes fly / what speed do passenger planes reach / at what velocity does an airliner cruise
why do planes leave white trails / what are the white lines behind airplanes / what causes the streaks planes leave in the sky

is it possible to travel back in time / can anyone go back in time / could we ever travel into the past / is backward time travel possible
is it possible to travel into the future / can anyone go forward in time / could we ever travel into the future
what would you change if you could go back in time / if you could revisit the past what would you do differently

why is water wet / what makes water wet / how come water is wet
is water wet / would you say that water is wet / can water itself be called wet
why is ice slippery / what makes ice slippery / how come we slide on ice
why does ice float / what makes ice float on water / how come ice does not sink in water

how many hours should I sleep / how much sleep do I need / what is the right amount of sleep / how long should a person sleep each night
what is the best time to go to bed / at what hour should I go to sleep / when should a person go to bed
why do I wake up tired / what makes me tired after a full night's sleep / how come I am exhausted in the morning
why do we need sleep / what is the purpose of sleeping / what does the body need sleep for
is sleeping too much bad / can oversleeping harm you / does too much sleep hurt your health

should I drop out of college / is it a good idea to leave college / would leaving college early be wise
how do I drop out of college / what is the process of leaving college / what steps do I take to withdraw from college
should I go to college / is college worth attending / is it a good idea to attend college
how do I pay for college / what are ways to finance college / where can I get money for college

what is the best laptop under 500 dollars / which laptop should I buy for less than 500 dollars / best laptop for at most 500 dollars
what is the best laptop under 1000 dollars / which laptop should I buy for less than 1000 dollars / best laptop for at most 1000 dollars
what is the best phone under 500 dollars / which phone should I buy for less than 500 dollars / best phone for at most 500 dollars
what is the best laptop for programming / which laptop should a programmer buy / best notebook computer for writing code

how do I get over stage fright / what helps against fear of performing / how can I overcome being nervous on stage
how do I get over a fear of flying / what helps against fear of planes / how can I overcome being nervous on a plane
how do I get over a fear of heights / what helps against being afraid of heights / how can I conquer my fear of high places
why do people get stage fright / what causes the fear of performing / how come people are nervous on stage

what should I eat before a workout / which foods are good before exercising / what is the best meal ahead of training
what should I eat after a workout / which foods are good after exercising / what is the best meal following training
should I work out on an empty stomach / is it good to exercise without eating first / is training before having eaten a good idea
how often should I work out / how many times a week should I exercise / what is the right number of workouts per week

how do I become rich / how can I get wealthy / what is the way to become wealthy / what should I do to become a millionaire
why do some people never become rich / what keeps some people from getting wealthy / how come many never get wealthy
who is the richest person in the world / which person has the most money in the world / who owns the largest fortune on Earth
what do rich people do differently / which habits do wealthy people have / how do the wealthy behave unlike others

how can I track a stolen phone / is there a way to locate a phone that was stolen / my phone was stolen, how do I find it
how can I track a package / is there a way to see where my parcel is / my parcel has not come, how do I find it
how can I stop my phone from being tracked / is there a way to prevent tracking of my phone / how do I keep others from locating my phone

what are the side effects of drinking too much coffee / what happens if you drink too much coffee / can an excess of coffee hurt you and how
what are the benefits of drinking coffee / what good does coffee do you / does drinking coffee have advantages
how much coffee is too much / how many cups of coffee a day are safe / what is the limit for coffee per day
why does coffee make me sleepy / what makes me tired after coffee / how come I get drowsy from coffee
how do I stop drinking coffee / what is the best way to quit coffee / how can I give up coffee

how do I remove a scratch from a car / what is the way to get rid of scratches on car paint / how can scratches on a car be fixed
how do I remove a sticker from a car / what is the way to get stickers off car paint / how can a sticker be taken off a car
how much does it cost to fix a scratch on a car / what is the price of repairing car scratches / what would I pay for removing a scratch from my car
how do I remove a scratch from a phone screen / how can a scratched phone display be fixed / what gets rid of scratches on a phone screen

which is the longest river in the world / what is the name of the world's longest river / what river is longer than any other
which is the widest river in the world / what is the name of the world's widest river / what river is broader than any other
which is the longest river in Europe / what is the name of Europe's longest river / what European river is the longest
which is the shortest river in the world / what is the name of the world's shortest river / what river is shorter than any other

which is the highest mountain in the world / what is the tallest mountain on Earth / what is the name of the world's highest peak
which is the second highest mountain in the world / what is the second tallest mountain on Earth
which is the highest mountain in Africa / what is the tallest African mountain / what is the name of Africa's highest peak
who first climbed the highest mountain in the world / who was the first person on the world's highest peak

who invented the telephone / who is the inventor of the telephone / by whom was the telephone invented / whose invention is the telephone
who invented the television / who is the inventor of television / by whom was the television invented
when was the telephone invented / in which year was the telephone invented / how long have telephones existed
how does a telephone work / what is the working principle of a telephone / by what means does a telephone carry speech
who invented the light bulb / who is the inventor of the light bulb / by whom was the electric bulb invented

how far is the moon from the earth / what is the distance between the earth and the moon / how many kilometers away is the moon
how far is the sun from the earth / what is the distance between the earth and the sun / how many kilometers away is the sun
how big is the moon / what is the diameter of the moon / what size does the moon have
how long does it take to get to the moon / what is the travel time to the moon / how many days does a trip to the moon last
who was the first person on the moon / who first walked on the moon / which astronaut set foot on the moon first
who was the last person on the moon / who walked on the moon last / which astronaut was the last to stand on the moon

how do I cancel my subscription / I want to end my subscription, what do I do / where can I stop my subscription / what is the procedure for ending a subscription
how do I renew my subscription / I want to extend my subscription, what do I do / where can I prolong my subscription
how do I change my subscription plan / I want another plan, what do I do / where can I switch my subscription to a different plan
how much is the subscription / what does a subscription cost / what do I pay for subscribing
how do I change the payment method of my subscription / where can I put in another card for my subscription / I want to pay for my subscription differently

I forgot my password / how do I reset my password / what can I do if I no longer know my password / I can't remember my password, help
I want to change my password / how do I pick a new password while logged in / where do I set a different password
how do I change my username / where can I pick another user name / I want a different username
how do I delete my account / I want to close my account for good / where can I remove my account permanently
how do I change the email address of my account / where can I set another mail address for my account / I want to use a different email for my account

when will my order arrive / how long until my package comes / what is the delivery date of my order / how much longer do I wait for my parcel
my order arrived damaged / the package I received is broken / what do I do about a damaged delivery
my order never arrived / I did not receive my package / what do I do about a missing delivery
something is missing from my order / the package I got was incomplete / not everything I ordered was in the box
I received the wrong item / you sent me something I did not order / the article in the package is not the one I bought
can I change my order / is it possible to modify an order after placing it / I need to alter something in the order I placed

do you ship abroad / is international shipping available / can I have things delivered to another country
how much is shipping / what are the delivery costs / what do I pay for delivery
do you offer free shipping / is delivery ever free / can I get my order delivered without paying for it
how long does shipping take / what is the usual delivery time / how many days until an order is delivered

what documents do I need to open a bank account / which papers are required for opening a bank account / what do I bring along to open an account at a bank
how do I open a bank account / what are the steps for opening a bank account / where do I start if I want an account at a bank
how do I close a bank account / what are the steps for closing a bank account / I want to end my account at the bank
can I open a bank account online / is it possible to open an account at a bank over the internet
can a minor open a bank account / is it possible for a child to have an account at a bank

why is my internet slow / what makes my internet connection so slow / how come my connection is crawling / what could be the reason for a slow connection
how do I make my internet faster / what can speed up my connection / how can I get a quicker connection
how do I test my internet speed / where can I measure how fast my connection is / how can I check the speed of my connection
why does my internet keep dropping / what makes my connection cut out again and again / how come I lose the connection all the time

how do I make new friends / what is a good way to find friends / how can I meet people and become friends
how do I end a friendship / what is a good way to stop being friends with someone / how can I part ways with a friend
why is it hard to make friends as an adult / what makes finding friends difficult for grown-ups / how come adults struggle to make friends
how do I help a friend who is sad / what can I do for a friend who feels down / how can I cheer up an unhappy friend

is it legal to record a phone call / am I allowed to record a call / may I record a phone conversation under the law
how do I record a phone call / what is the way to record a call / which app records phone conversations
is it legal to record video in public / am I allowed to film in public / may I film strangers under the law

what is the difference between a virus and a bacterium / how do viruses differ from bacteria / virus vs bacteria, what distinguishes them
which is more dangerous, a virus or a bacterium / are viruses worse than bacteria / what harms more, viruses or bacteria
do antibiotics work against viruses / can a viral infection be treated with antibiotics / are antibiotics any use for a virus
do antibiotics work against bacteria / can a bacterial infection be treated with antibiotics / are antibiotics any use for bacteria

how do I center a div in CSS / what is the way to center a div with CSS / how can a div be put in the middle using CSS
how do I hide a div in CSS / what is the way to make a div invisible with CSS / how can a div be hidden using CSS
how do I center text in CSS / what is the way to center text with CSS / how can text be put in the middle using CSS
how do I make a div scrollable in CSS / what is the way to let a div scroll with CSS

how do I undo the last commit in git / what is the way to revert my latest commit in git / git: take back the most recent commit
how do I delete a branch in git / what is the way to remove a branch in git / git: get rid of a branch
how do I rename a branch in git / what is the way to give a branch another name in git / git: change a branch name
how do I create a branch in git / what is the way to start a new branch in git / git: make a branch
how do I undo all local changes in git / what is the way to throw away uncommitted work in git / git: discard everything I changed locally
how do I merge two branches in git / what is the way to bring one branch into another in git / git: combine branches

how do I exit vim / what is the command to quit vim / how can I get out of vim / how to close vim
how do I save a file in vim / what is the command to write a file in vim / how can I store my changes in vim
how do I exit vim without saving / what is the command to quit vim and discard changes / how can I leave vim but not keep my edits
how do I search in vim / what is the command to find text in vim / how can I look for a word in vim

is time an illusion / is time real or just an illusion / does time truly exist
who invented time zones / who came up with time zones / whose idea were time zones
why do we have time zones / what are time zones for / what is the reason for having time zones

what does it feel like to be in love / how does being in love feel / what is the feeling of love like
how do I know if I am in love / what are signs that I love someone / how can I tell that this is love
how do I know if someone loves me / what are signs that somebody is in love with me / how can I tell that a person loves me
can you love two people at once / is it possible to be in love with two persons at the same time

how do I tie a tie / what is the way to knot a necktie / how can I tie my necktie / steps for tying a tie
how do I tie a bow tie / what is the way to knot a bow tie / steps for tying a bow tie
how do I tie my shoes / what is the way to knot shoelaces / steps for tying shoelaces
when should I wear a tie / on which occasions is a tie needed / when is a necktie appropriate

how do vaccines work / what is the mechanism of a vaccine / in what way does a vaccine protect you
are vaccines safe / is it safe to get vaccinated / can vaccines be trusted not to harm
who invented the first vaccine / who made the very first vaccine / by whom was vaccination invented
why do some people refuse vaccines / what makes people reject vaccination / how come some are against vaccines

what is the best movie of all time / which film is the greatest ever made / what's the greatest movie ever
what is the worst movie of all time / which film is the worst ever made / what's the most terrible movie ever
what is the longest movie of all time / which film has the greatest running time ever / what's the movie with the longest duration
what is the most expensive movie of all time / which film had the largest budget ever / what movie cost the most to make
what is the best book of all time / which book is the greatest ever written / what's the greatest novel ever

how do I convert a PDF to Word / what is the way to turn a PDF into a Word document / how can I make a docx out of a PDF
how do I convert Word to a PDF / what is the way to turn a Word document into a PDF / how can I make a PDF out of a docx
how do I edit a PDF / what is the way to change text in a PDF / how can I make changes to a PDF
how do I compress a PDF / what is the way to make a PDF smaller / how can I reduce the size of a PDF

what is the boiling point of water / at what temperature does water boil / how hot must water be to boil
what is the freezing point of water / at what temperature does water freeze / how cold must water be to freeze
what is the boiling point of alcohol / at what temperature does alcohol boil / how hot must alcohol be to boil
why does water boil faster at high altitude / what makes water boil sooner on a mountain / how come water boils earlier up high

what time does the library open / when does the library open in the morning / from what time is the library open
what time does the library close / when does the library close in the evening / until what time is the library open
how do I get a library card / what do I need for a library card / where can I sign up for a library card
how long can I keep a library book / what is the loan period for books / when do I have to return a borrowed book
"""


def families(pools):
    """One family per block."""
    made = []
    for at, block in enumerate(TEXT.strip().split("\n\n")):
        intents = {f"q{i}": [f"{w.strip()}[?]" for w in line.split(" / ")] for i, line in enumerate(block.strip().split("\n"))}
        made.append(Family(f"topic/{at:02}", intents, {}, kind_of_intent="neg_question_word", upper=0.7))
    return made
