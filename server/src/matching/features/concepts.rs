//! Everyday words for one thing or one action, as people use them with assistants and web pages. WordNet knows what words
//! mean in books; that "log in" is "authenticate" and a cart a basket it does not know.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lexicon::key;

/// Verbs above all: WordNet is good at things. One group a line; the first group a word stands in counts.
const GROUPS: &str = "
login logon signin authenticate
logout logoff signout
register signup enroll
delete remove erase discard trash eliminate clear drop
cancel abort revoke void
add include insert append put attach
create make compose generate draft build
edit update modify change adjust alter revise amend
open go navigate visit access launch load head
show display view see present list browse check
search find locate look seek
buy purchase order
book reserve
send submit deliver dispatch
save bookmark store keep
select choose pick
click press tap hit
start begin initiate commence
stop end finish terminate halt quit
rate score grade
complete finish fill
increase raise boost
decrease lower reduce
fix repair solve resolve
help assist support
tell inform explain describe
learn study
earn make gain
improve better enhance
email mail
message text dm
photo picture image pic
cart basket
detail info information
comment remark
review feedback
task todo
phone telephone mobile smartphone
cheap inexpensive affordable
big large huge
small little tiny
fast quick rapid
best top greatest good
new latest recent
near nearest nearby close closest
hard difficult tough
easy simple
difference distinction
way method
";

/// Two words that together are a verb of their own: the first, what may follow it, and the word they stand for.
const PHRASES: [(&str, &str, &str); 9] = [
    ("log", "in into on", "login"),
    ("sign", "in into on", "login"),
    ("log", "out off", "logout"),
    ("sign", "out off", "logout"),
    ("sign", "up", "register"),
    ("throw", "away out", "delete"),
    ("get", "rid", "delete"),
    ("look", "up for", "search"),
    ("check", "out", "view"),
];

/// The groups up to this one are of actions.
const ACTIONS: u8 = 31;

/// In no group.
pub(super) const NO_CONCEPT: u8 = 0;

/// Slots of the hash table over the groups' words: a power of two, less than half full.
const SLOTS: usize = 512;

struct Concepts {
    /// Keys and their groups; [`NO_CONCEPT`] is an empty slot.
    groups: Vec<(u32, u8)>,
    /// Keys of the two words and of what they stand for.
    phrases: HashMap<(u32, u32), u32>,
    /// Keys that may start a phrase.
    starts: Vec<u32>,
}

static CONCEPTS: LazyLock<Concepts> = LazyLock::new(|| {
    let mut groups = vec![(0, NO_CONCEPT); SLOTS];
    for (index, line) in GROUPS.trim().lines().enumerate() {
        for word in line.split(' ') {
            let number = u8::try_from(index + 1).expect("fewer than 255 groups");
            let key = key(word.as_bytes());
            let slot = slot_of(&groups, key);
            if groups[slot].1 == NO_CONCEPT {
                groups[slot] = (key, number);
            }
        }
    }
    let spelt = |word: &str| key(word.as_bytes());
    let phrases = PHRASES
        .iter()
        .flat_map(|(first, seconds, word)| {
            seconds.split(' ').map(move |second| ((spelt(first), spelt(second)), spelt(word)))
        })
        .collect();
    Concepts { groups, phrases, starts: PHRASES.iter().map(|(first, ..)| spelt(first)).collect() }
});

/// The group of the word with this key, or [`NO_CONCEPT`].
pub(super) fn concept_of(key: u32) -> u8 {
    let groups = &CONCEPTS.groups;
    groups[slot_of(groups, key)].1
}

/// Where this key is, or would be.
fn slot_of(groups: &[(u32, u8)], key: u32) -> usize {
    let mut slot = key as usize % SLOTS;
    while groups[slot].1 != NO_CONCEPT && groups[slot].0 != key {
        slot = (slot + 1) % SLOTS;
    }
    slot
}

/// The bit of an action's group; 0 for anything else.
pub(super) fn action_bit(concept: u8) -> u64 {
    if (1..=ACTIONS).contains(&concept) { 1 << (concept - 1) } else { 0 }
}

/// Whether a word with this key may be the first of a phrase.
pub(super) fn starts_phrase(key: u32) -> bool {
    CONCEPTS.starts.contains(&key)
}

/// The key of the word that these two stand for together.
pub(super) fn phrase(first: u32, second: u32) -> Option<u32> {
    CONCEPTS.phrases.get(&(first, second)).copied()
}
