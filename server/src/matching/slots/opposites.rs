//! Words that ask for opposite or exclusive things.

use super::table::{Table, hash, stems};

/// On which sides of which pairs the words of a text stand: bit `2 n` for the left of pair `n`, the next for its right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides {
    opposites: u128,
    deeds: u128,
}

impl Sides {
    pub(super) const fn is_empty(self) -> bool {
        self.opposites | self.deeds == 0
    }

    pub(super) const fn add(&mut self, more: Self) {
        self.opposites |= more.opposites;
        self.deeds |= more.deeds;
    }

    /// What is told of in passing counts where nothing else is said: "delete an added event" adds nothing, but "show the disabled
    /// users" is not "show the enabled users". A deed named leaves no room for another.
    pub(super) const fn complete(&mut self, passing: Self) {
        let spoken = pairs(self.opposites);
        self.opposites |= passing.opposites & !(spoken | (spoken << 1));
        if self.deeds == 0 {
            self.deeds = passing.deeds;
        }
    }

    /// How many sides both stand on.
    pub(super) const fn shared(self, other: Self) -> u32 {
        (self.opposites & other.opposites).count_ones() + (self.deeds & other.deeds).count_ones()
    }

    /// How many pairs only one of both says anything of.
    pub(super) const fn lone(self, other: Self) -> u32 {
        (pairs(self.opposites) ^ pairs(other.opposites)).count_ones()
            + (pairs(self.deeds) ^ pairs(other.deeds)).count_ones()
    }
}

const LEFTS: u128 = u128::MAX / 3;

/// The pairs on a side of which something stands, as their lefts.
const fn pairs(sides: u128) -> u128 {
    (sides | (sides >> 1)) & LEFTS
}

const _: () = assert!(OPPOSITES.len() <= 64 && DEEDS.len() <= 64, "two bits to a pair");

/// Pairs of groups; a word of the left is the opposite of a word of the right. The first word of each names it.
/// A fair list of everyday English. What un-, dis- and de- make is found without a list.
const OPPOSITES: &[(&str, &str)] = &[
    ("add insert append attach put create", "remove detach delete erase discard trash"),
    ("include", "exclude"),
    ("open reopen unlock", "close shut lock"),
    ("increase raise boost grow maximize gain enlarge lengthen", "decrease reduce lower minimize shrink lose shorten"),
    ("enable activate allow permit unblock", "disable deactivate forbid block prevent ban"),
    ("first earliest", "last latest"),
    ("newest newer newly latest", "oldest older"),
    ("min minimum", "max maximum"),
    ("cheapest cheap inexpensive cheaper", "expensive priciest costliest dearest"),
    ("best highest top greatest", "worst lowest bottom"),
    ("most", "least fewest"),
    ("largest biggest longest tallest large big", "smallest shortest tiniest small tiny"),
    ("fastest fast quickest faster", "slowest slow slower"),
    ("nearest closest near nearby", "farthest furthest far"),
    ("buy purchase", "sell"),
    ("turn-on", "turn-off"),
    ("up upward upwards", "down downward downwards"),
    ("like upvote", "dislike unlike downvote"),
    ("show reveal unhide", "hide conceal"),
    ("accept approve agree", "reject decline refuse deny"),
    ("confirm", "cancel abort"),
    ("upload", "download"),
    ("archive", "unarchive restore recover"),
    ("ascending asc", "descending desc"),
    ("start begin launch resume play", "stop end pause halt"),
    ("next following", "previous prior preceding back backward backwards earlier"),
    ("forward forwards", "backward backwards"),
    ("left leftmost", "right rightmost"),
    ("public", "private"),
    ("import", "export"),
    ("expand unfold", "collapse fold"),
    ("send", "receive"),
    ("arrive arrival", "depart departure leave"),
    ("join enter", "leave exit quit"),
    ("push", "pull"),
    ("before", "after"),
    ("above", "below under beneath"),
    ("inside within indoor", "outside outdoor"),
    ("morning", "evening"),
    ("true", "false"),
    ("advantage pros benefit", "disadvantage cons drawback"),
    ("incoming inbound", "outgoing outbound"),
    ("credit deposit", "debit withdraw"),
    ("lend", "borrow"),
    ("win", "lose"),
    ("hot warm", "cold cool"),
    ("undo", "redo"),
    ("hire employ", "fire dismiss"),
    ("promote", "demote"),
    ("merge join combine", "split separate divide"),
    ("encrypt encode compress zip", "decrypt decode decompress unzip"),
    ("major", "minor"),
    ("success succeed", "failure fail"),
];

/// Pairs of deeds that are no opposites, but of which one is never done by doing the other. Some words come twice, alone
/// and in company: a text that says both sides of the one pair may still say one side of the other.
const DEEDS: &[(&str, &str)] = &[
    ("add", "remove"),
    ("create", "delete"),
    ("create add insert", "edit modify"),
    ("create add insert view edit star", "archive"),
    (
        "view show display read preview save keep reserve share send reply like follow download upload print copy duplicate edit modify update change rename archive complete confirm approve star bookmark favorite",
        "delete remove erase discard trash",
    ),
    ("view", "delete"),
    ("edit", "delete"),
    ("archive", "delete remove erase discard trash"),
    ("high", "low"),
    ("high low", "medium"),
    ("day daily", "week weekly"),
    ("day daily", "month monthly"),
    ("week weekly", "month monthly"),
    ("save", "delete discard"),
    ("view preview read reserve schedule submit complete", "cancel abort"),
    ("view preview display", "edit modify rename"),
    ("reply respond answer", "forward"),
    ("copy duplicate", "move"),
    ("comment", "like"),
    ("share", "report"),
    ("register signup sign-up", "login signin log-in sign-in"),
    ("call", "text"),
    ("login signin log-in sign-in", "logout signout log-out sign-out logoff"),
];

/// The last of the deeds: logging in and out.
const SESSION: u128 = 1 << (2 * (DEEDS.len() - 1));

static OPPOSED: Table<u128, 1024> = Table::of_sides(OPPOSITES);
static DONE: Table<u128, 512> = Table::of_sides(DEEDS);

/// The sides a word stands on, in any of its endings.
pub(super) fn sides(word: &[u8]) -> Sides {
    let stems = stems(word);
    Sides { opposites: OPPOSED.get_any(word, &stems).unwrap_or(0), deeds: DONE.get_any(word, &stems).unwrap_or(0) }
}

/// The sides of `log in`, `turn off` and the like, where the verb and its particle are two words.
pub(super) fn particle_sides(verb: u64, particle: &[u8]) -> Sides {
    const SIGN: Table<(), 32> = Table::new(&[("log sign check clock logged signed checked logging signing", ())]);
    const TURN: Table<(), 32> = Table::new(&[("turn switch toggle power turned switched turning switching", ())]);
    const END: Table<(), 8> = Table::new(&[("end close terminate", ())]);
    let is = |text: &str| particle.eq_ignore_ascii_case(text.as_bytes());
    let word = if is("in") && SIGN.get(verb).is_some() {
        "login"
    } else if (is("out") || is("off")) && SIGN.get(verb).is_some() || is("session") && END.get(verb).is_some() {
        "logout"
    } else if is("up") && verb == hash(b"sign") {
        "signup"
    } else if is("on") && TURN.get(verb).is_some() {
        "turn-on"
    } else if is("off") && TURN.get(verb).is_some() {
        "turn-off"
    } else {
        return Sides::default();
    };
    sides(word.as_bytes())
}

/// A pair of which each text has only one side, and not the same: its names, the side of `a` first.
pub(super) fn opposed(a: Sides, b: Sides) -> Option<(&'static str, &'static str)> {
    // Who only logs in does not do what logs in and out again.
    let stays = |ours: u128, theirs: u128| ours & !(ours >> 1) & (theirs >> 1) & SESSION;
    pair(OPPOSITES, a.opposites, b.opposites, 0, 0)
        .or_else(|| pair(DEEDS, a.deeds, b.deeds, stays(a.deeds, b.deeds), stays(b.deeds, a.deeds)))
}

fn pair(
    pairs: &[(&'static str, &'static str)],
    a: u128,
    b: u128,
    also_left: u128,
    also_right: u128,
) -> Option<(&'static str, &'static str)> {
    let only = |sides: u128| {
        let (left, right) = (sides & LEFTS, (sides >> 1) & LEFTS);
        (left & !right, right & !left)
    };
    let ((a_left, a_right), (b_left, b_right)) = (only(a), only(b));
    let name = |words: &'static str| words.split(' ').next().unwrap_or(words);
    let first = |sides: u128| (sides != 0).then(|| pairs[sides.trailing_zeros() as usize / 2]);
    if let Some((left, right)) = first(a_left & b_right | also_left) {
        return Some((name(left), name(right)));
    }
    first(a_right & b_left | also_right).map(|(left, right)| (name(right), name(left)))
}
