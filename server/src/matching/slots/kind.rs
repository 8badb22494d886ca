//! The kinds of typed values, the operators that govern them, and one found value.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a typed value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text in quotes of any kind. Compared exactly but for outer white space.
    Quoted,
    /// A count, amount, year or ordinal, in digits or words.
    Number,
    /// A calendar date, month, weekday or a day named from today.
    Date,
    /// A time of day, to the second.
    Time,
    /// Ten years: 90s, 1990s, nineties.
    Decade,
    /// An address with `@`. Case does not count.
    Email,
    /// An address with a scheme, or a bare domain name.
    Url,
    /// Something to be filled in: `<name>`, `{name}`.
    Placeholder,
    /// A word with digits: A-12, v1.2.3, +1-555-0100.
    Identifier,
    /// An unquoted word after an operator: genre equals comedy.
    Bare,
    /// A `snake_case` name.
    Field,
    /// Unquoted words in capitals inside a sentence.
    Name,
    /// Whence and whither: from X to Y.
    Direction,
    /// The unit of a number.
    Unit,
    /// What a "not" that governs no value is said of.
    Negation,
    /// A word turned into its opposite by un-, dis- or de-.
    Reversed,
}

/// How many kinds there are.
pub const KINDS: usize = 16;

impl Kind {
    /// The kinds a stored answer hangs on: one of these different, missing or added makes another task.
    pub(super) const fn is_literal(self) -> bool {
        (self as u8) <= (Kind::Identifier as u8)
    }

    /// Whether this kind may not be left out. Between two open questions ("the best phone", "the best phone in 2016")
    /// amounts and dates often are, and only another one makes another question; the counts tell the verifier.
    pub(super) const fn is_needed(self, both_ask: bool) -> bool {
        match self {
            Kind::Quoted | Kind::Email | Kind::Url | Kind::Placeholder => true,
            _ => self.is_literal() && !both_ask,
        }
    }

    /// Kinds that count: 3 adults and 3 children are not 3 adults. A name or a quoted value may well be said twice.
    pub(super) const fn counts(self) -> bool {
        matches!(self, Kind::Number)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Quoted => "quoted value",
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Decade => "decade",
            Kind::Email => "email address",
            Kind::Url => "web address",
            Kind::Placeholder => "placeholder",
            Kind::Identifier => "identifier",
            Kind::Bare => "value",
            Kind::Field => "field",
            Kind::Name => "name",
            Kind::Direction => "direction",
            Kind::Unit => "unit",
            Kind::Negation => "negation",
            Kind::Reversed => "reversed word",
        })
    }
}

/// How a value is compared. `Equals` is also what is meant when nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Equals, is, `=`, named, or nothing at all.
    Equals,
    /// Contains, includes.
    Contains,
    /// Starts with, begins with.
    Starts,
    /// Ends with.
    Ends,
    /// Greater than, over, after, `>`.
    Greater,
    /// At least, since, `>=`.
    AtLeast,
    /// Less than, under, before, `<`.
    Less,
    /// At most, until, up to, `<=`.
    AtMost,
    /// One of, any of, in a list.
    OneOf,
}

/// A relation, perhaps negated: `not contains`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Operator {
    /// How the value is compared.
    pub relation: Relation,
    /// Whether it must not be so.
    pub negated: bool,
}

impl Operator {
    /// What is meant when nothing is said.
    pub const EQUALS: Self = Self { relation: Relation::Equals, negated: false };

    /// One form for what means the same: not greater is at most, not one of is not equal.
    pub(super) const fn canonical(self) -> Self {
        match (self.relation, self.negated) {
            (Relation::Greater, true) => Self { relation: Relation::AtMost, negated: false },
            (Relation::AtLeast, true) => Self { relation: Relation::Less, negated: false },
            (Relation::Less, true) => Self { relation: Relation::AtLeast, negated: false },
            (Relation::AtMost, true) => Self { relation: Relation::Greater, negated: false },
            (Relation::OneOf, true) => Self { relation: Relation::Equals, negated: true },
            _ => self,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = match self.relation {
            Relation::Equals => "equals",
            Relation::Contains => "contains",
            Relation::Starts => "starts with",
            Relation::Ends => "ends with",
            Relation::Greater => "greater than",
            Relation::AtLeast => "at least",
            Relation::Less => "less than",
            Relation::AtMost => "at most",
            Relation::OneOf => "one of",
        };
        write!(f, "{}{relation}", if self.negated { "not " } else { "" })
    }
}

/// One found value: 16 bytes, since a few of them live with every entry of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Of the canonical form: equal values have equal hashes.
    pub hash: u64,
    /// Where it stands in the text, in bytes, for the explanation and the order.
    pub start: u16,
    /// How long it is, in bytes.
    pub len: u16,
    /// The low bits of the hash of the word that names it; 0 when nothing does.
    pub field: u16,
    pub kind: Kind,
    pub bound: Bound,
}

/// The operator, and what else is known of the value, in a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound(u8);

impl Bound {
    const NEGATED: u8 = 1 << 4;
    const OPTIONAL: u8 = 1 << 5;
    const SNAKE: u8 = 1 << 6;
    const RELATIONS: [Relation; 9] = [
        Relation::Equals,
        Relation::Contains,
        Relation::Starts,
        Relation::Ends,
        Relation::Greater,
        Relation::AtLeast,
        Relation::Less,
        Relation::AtMost,
        Relation::OneOf,
    ];

    pub(super) const PLAIN: Self = Self(0);

    pub(super) const fn new(operator: Operator) -> Self {
        let operator = operator.canonical();
        Self(operator.relation as u8 | if operator.negated { Self::NEGATED } else { 0 })
    }

    /// The value may be said or left out: "one" is a number in "one star" and none in "this one".
    pub(super) const fn optional(self) -> Self {
        Self(self.0 | Self::OPTIONAL)
    }

    /// The naming word is a `snake_case` field, not just the word before.
    pub(super) const fn snake(self) -> Self {
        Self(self.0 | Self::SNAKE)
    }

    pub(super) const fn is_optional(self) -> bool {
        self.0 & Self::OPTIONAL != 0
    }

    pub(super) const fn is_snake(self) -> bool {
        self.0 & Self::SNAKE != 0
    }

    pub(super) const fn is_negated(self) -> bool {
        self.0 & Self::NEGATED != 0
    }

    pub(super) fn operator(self) -> Operator {
        Operator { relation: Self::RELATIONS[usize::from(self.0 & 15)], negated: self.is_negated() }
    }
}
