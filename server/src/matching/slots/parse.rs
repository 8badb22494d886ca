//! From tokens to slots: which operator, negation and field name govern which value.

use super::digits::{date_of, decade_of};
use super::kind::{Bound, Kind, Operator, Relation, Slot};
use super::lexicon::{Question, WORDS, Word};
use super::opposites::Sides;
use super::register::register;
use super::scan::{Scan, Tok, Token, scan};
use super::stem::reversed;
use super::table::{hash, mix};

/// How many slots one text may have. What comes after the last of them is opaque, as past the analysed length.
const MOST: usize = 256;
/// Words an operator or a "not" may stand before its value: does not contain the exact word 'x'.
pub(super) const REACH: u8 = 5;

const ABOVE: u64 = hash(b"above");
const OVER: u64 = hash(b"over");
const BELOW: u64 = hash(b"below");
const UNDER: u64 = hash(b"under");

/// What the parser found.
pub(super) struct Found {
    pub slots: Vec<Slot>,
    pub sides: Sides,
    pub question: Option<Question>,
    pub asks: bool,
    pub end: usize,
}

/// Parses a text.
pub(super) fn parse(text: &str) -> Found {
    let Scan { tokens, end } = scan(text);
    let mut parser = Parser { text, tokens: &tokens, ..Parser::new(end) };
    parser.titles = parser.mostly_capitals();
    let mut at = 0;
    while at < tokens.len() {
        if parser.found.slots.len() >= MOST {
            parser.found.end = tokens[at].start;
            break;
        }
        at = parser.step(at);
    }
    parser.flush(at);
    parser.leave();
    let (question, asks) = register(text, &tokens);
    parser.found.question = question;
    parser.found.asks = asks;
    parser.found.sides.complete(parser.passing);
    parser.found
}

/// The state between two tokens. Operators and negations are in `operators`, numbers and dates in `amounts`.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) found: Found,
    /// The relation that waits for its value, the token it began at, and whether the word is one only operators use.
    pub(super) relation: Option<(Relation, usize, bool)>,
    /// The "not" that waits.
    pub(super) negation: Option<usize>,
    /// How many words both may still wait.
    pub(super) reach: u8,
    /// How many content words may stand between the relation and its value.
    pub(super) room: usize,
    /// The field that the waiting relation governs.
    pub(super) field: Option<Naming>,
    /// The last content word.
    pub(super) last: Option<Naming>,
    /// The operator and field of the value just before, for lists: equals 'a' or 'b'.
    pub(super) carry: Option<(Bound, u16)>,
    /// "from", or "to", was met and its place is still to come.
    pub(super) from: bool,
    pub(super) to: bool,
    /// What stood before "to": where a direction starts if no "from" says so.
    pub(super) before_to: Option<u32>,
    /// The two ends of a direction, and where the second stands.
    pub(super) source: Option<u32>,
    pub(super) target: Option<(u32, usize)>,
    /// The word at hand stands on a side of opposites.
    pub(super) sided: bool,
    /// The sides that participles stand on.
    passing: Sides,
    /// Capitals say nothing here: a title, or all in capitals.
    pub(super) titles: bool,
}

/// The word that names a value.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    pub(super) hash: u64,
    pub(super) snake: bool,
}

impl Naming {
    /// 0 is kept for "no field".
    pub(super) fn low(self) -> u16 {
        (self.hash >> 7) as u16 | 1
    }
}

impl<'a> Parser<'a> {
    fn new(end: usize) -> Self {
        Self {
            text: "",
            tokens: &[],
            found: Found { slots: Vec::with_capacity(16), sides: Sides::default(), question: None, asks: false, end },
            relation: None,
            negation: None,
            reach: 0,
            room: 0,
            field: None,
            last: None,
            carry: None,
            from: false,
            to: false,
            before_to: None,
            source: None,
            target: None,
            sided: false,
            passing: Sides::default(),
            titles: false,
        }
    }

    pub(super) fn bytes(&self, token: &Token) -> &'a [u8] {
        &self.text.as_bytes()[token.start..token.end]
    }

    pub(super) fn meaning(&self, at: usize) -> Option<Word> {
        self.tokens.get(at).filter(|token| token.tok == Tok::Word).and_then(|token| WORDS.get(token.hash))
    }

    /// A title, or all in capitals: three words of four, the first not counted.
    fn mostly_capitals(&self) -> bool {
        let words = self.tokens.iter().filter(|token| token.tok == Tok::Word && !token.first);
        let (all, capital) =
            words.fold((0, 0), |(all, capital), token| (all + 1, capital + usize::from(token.capital)));
        all >= 4 && capital * 4 > all * 3
    }

    /// Takes the token at `at`, and those it reads along; where to go on.
    fn step(&mut self, at: usize) -> usize {
        let token = self.tokens[at];
        match token.tok {
            Tok::Stop => {
                self.flush(at);
                self.carry = None;
                self.last = None;
                self.leave();
            }
            Tok::Comma => self.flush(at),
            Tok::List => {
                if self.relation.is_none() && self.reach > 0 {
                    self.relate(Relation::OneOf, at, false);
                }
            }
            Tok::Is => {
                if self.relation.is_none() {
                    self.relate(Relation::Equals, at, false);
                }
            }
            Tok::More => self.rebind(Relation::AtLeast),
            Tok::Sign(relation, negated) => {
                self.relate(relation, at, true);
                if negated {
                    self.negation = Some(at);
                }
            }
            Tok::Unit(unit) => return self.unit_sign(at, unit),
            Tok::Value(Kind::Field) => {
                self.add(Kind::Field, token.hash, token.start, token.end, Bound::PLAIN, 0);
                self.last = Some(Naming { hash: token.hash, snake: true });
                self.carry = None;
            }
            Tok::Value(kind) => return self.value(at, kind),
            Tok::Word => return self.word(at, token),
        }
        at + 1
    }

    fn word(&mut self, at: usize, token: Token) -> usize {
        let meaning = WORDS.get(token.hash);
        let sides = self.sides_of(at, &token);
        let told = if is_participle(self.bytes(&token)) { &mut self.passing } else { &mut self.found.sides };
        told.add(sides);
        self.sided = !sides.is_empty();
        match meaning {
            Some(Word::And) => {
                self.flush(at);
                return at + 1;
            }
            Some(Word::Not) => self.negate(at),
            Some(Word::Other) => return self.other(at),
            Some(Word::Clause | Word::Question(_)) => {
                self.flush(at);
                self.leave();
            }
            Some(Word::Operator(relation)) => {
                let strong = self.bytes(&token)[0].eq_ignore_ascii_case(&b'c');
                self.relate(relation, at, strong);
            }
            Some(Word::Bound(relation)) => {
                // "After logging in with the code 5" says nothing of 5, "over the age of 5" does.
                self.relate(relation, at, false);
                let wide = matches!(token.hash, ABOVE | OVER | BELOW | UNDER);
                (self.reach, self.room) = if wide { (4, 1) } else { (2, 0) };
            }
            Some(Word::Extreme(relation)) => {
                let of = at + 1 + usize::from(self.tokens.get(at + 1).is_some_and(|next| next.hash == hash(b"of")));
                if matches!(self.tokens.get(of).map(|next| next.tok), Some(Tok::Value(_) | Tok::Unit(_)))
                    || matches!(self.meaning(of), Some(Word::Count(_) | Word::One))
                {
                    self.relate(relation, at, false);
                }
            }
            Some(Word::Comparative(_) | Word::With(_) | Word::At) => {
                if let Some(next) = self.compound(at) {
                    return next;
                }
                self.content(at, &token);
            }
            Some(Word::Is) => {
                let strong = self.bytes(&token).len() >= 5 && token.hash != hash(b"being");
                self.relate(Relation::Equals, at, strong && self.bytes(&token)[0].eq_ignore_ascii_case(&b'e'));
            }
            Some(Word::From) => {
                self.from = true;
            }
            Some(Word::To) => {
                if self.target.is_some() {
                    self.leave();
                }
                self.to = true;
                self.before_to = at.checked_sub(1).and_then(|before| self.place(before));
                self.tick(at);
            }
            Some(Word::One) if self.one_of(at) => {
                self.relate(Relation::OneOf, at, false);
                return at + 2;
            }
            Some(Word::Count(_) | Word::Scale(_) | Word::One | Word::Second) => return self.count(at),
            Some(Word::Month { sure, .. }) => {
                if let Some(next) = self.month(at, sure) {
                    return next;
                }
                self.content(at, &token);
            }
            Some(Word::Weekday(day)) => return self.dated(at, at + 1, date_of(0, 0, 40 + u32::from(day))),
            Some(Word::Near(day)) => return self.dated(at, at + 1, date_of(0, 0, (60 + i32::from(day)) as u32)),
            Some(Word::Decade(first)) => {
                self.bind(Kind::Decade, decade_of(first), at, at);
                return at + 1;
            }
            Some(Word::Empty) => self.tick(at),
            None if token.capital && !token.first && !self.titles => return self.name(at),
            None => self.content(at, &token),
        }
        self.carry = None;
        at + 1
    }

    /// A word with content of its own.
    fn content(&mut self, at: usize, token: &Token) {
        self.last = Some(Naming { hash: token.hash, snake: false });
        self.carry = None;
        self.end_of_direction(at);
        if let (false, Some(stem)) = (self.sided, reversed(self.bytes(token))) {
            self.add(Kind::Reversed, stem, token.start, token.end, Bound::PLAIN, 0);
        }
        self.tick(at);
    }

    /// One word nearer to the end of what waits.
    pub(super) fn tick(&mut self, at: usize) {
        if self.reach > 0 {
            self.reach -= 1;
            if self.reach == 0 {
                self.flush(at + 1);
            }
        }
    }

    /// Words in capitals in a row.
    fn name(&mut self, at: usize) -> usize {
        let mut end = at;
        let mut hash = 0;
        while let Some(token) = self.tokens.get(end)
            && token.tok == Tok::Word
            && token.capital
            && WORDS.get(token.hash).is_none()
        {
            let sides = self.sides_of(end, token);
            self.found.sides.add(sides);
            hash = mix(hash, token.hash);
            end += 1;
        }
        let (start, stop) = (self.tokens[at].start, self.tokens[end - 1].end);
        let near = self.negation.is_some_and(|start| self.content_between(start, at) <= 1);
        let denied = Operator { relation: Relation::Equals, negated: near };
        self.end_of_direction(at);
        self.add(Kind::Name, hash, start, stop, Bound::new(denied), 0);
        self.last = Some(Naming { hash: self.tokens[end - 1].hash, snake: false });
        self.carry = None;
        self.tick(end - 1);
        end
    }

    /// Gives a value the operator and field that wait for one.
    pub(super) fn bind(&mut self, kind: Kind, hash: u64, at: usize, to: usize) {
        let (start, end) = (self.tokens[at].start, self.tokens[to].end);
        if self.relation.is_none() && self.negation.is_some_and(|start| self.content_between(start, at) > 1) {
            self.emit_negation(at);
        }
        if let Some((relation, start, _)) = self.relation {
            let room = if relation == Relation::Contains && kind == Kind::Number { 1 } else { self.room };
            if self.content_between(start, at) > room {
                self.relation = None;
            }
        }
        let waits = self.relation.is_some() || self.negation.is_some();
        let (bound, field) = if waits {
            let relation = self.relation.map_or(Relation::Equals, |(relation, ..)| relation);
            let bound = Bound::new(Operator { relation, negated: self.negation.is_some() });
            self.named(bound, self.field)
        } else if let Some(carried) = self.carry {
            carried
        } else {
            self.named(Bound::PLAIN, if kind == Kind::Number { None } else { self.last })
        };
        self.relation = None;
        self.negation = None;
        self.reach = 0;
        self.carry = Some((bound, field));
        self.end_of_direction(at);
        self.add(kind, hash, start, end, bound, field);
    }

    /// What stands at `at`, as one end of a direction.
    fn place(&self, at: usize) -> Option<u32> {
        let token = self.tokens.get(at)?;
        match token.tok {
            Tok::Value(_) => Some(token.hash as u32),
            Tok::Word if WORDS.get(token.hash).is_none() => Some(token.hash as u32),
            _ => None,
        }
    }

    /// The place after "from" or "to" has come.
    fn end_of_direction(&mut self, at: usize) {
        let Some(place) = self.place(at) else { return };
        if std::mem::take(&mut self.from) {
            self.source = Some(place);
        } else if self.to {
            self.target = Some((place, at));
        }
        self.to = false;
        if self.source.is_some() && self.target.is_some() {
            self.leave();
        }
    }

    /// Ends a direction. Without "from", what stands before "to" is where it starts.
    fn leave(&mut self) {
        if let (Some(source), Some((target, at))) = (self.source.or(self.before_to), self.target) {
            let token = self.tokens[at];
            let hash = (u64::from(source) << 32) | u64::from(target);
            self.add(Kind::Direction, hash, token.start, token.end, Bound::PLAIN, 0);
        }
        (self.from, self.to, self.before_to, self.source, self.target) = (false, false, None, None, None);
    }

    pub(super) fn add(&mut self, kind: Kind, hash: u64, start: usize, end: usize, bound: Bound, field: u16) {
        let narrow = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        let slot = Slot { hash, start: narrow(start), len: narrow(end - start), field, kind, bound };
        self.found.slots.push(slot);
    }
}

/// "Added", "saved": more often what something is than what is to be done.
fn is_participle(word: &[u8]) -> bool {
    word.len() > 4 && word[word.len() - 2..].eq_ignore_ascii_case(b"ed")
}
