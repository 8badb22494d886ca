//! What single words mean to the parser: operators, numbers, months, units, question words, words without content.

use super::kind::Relation;
use super::table::Table;

/// The part a word plays. A word that is not in the table is content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// 0 to 90, as the word says.
    Count(u32),
    /// Hundred, thousand, million.
    Scale(u32),
    /// "one": a number, or nothing of the kind.
    One,
    /// "second": an ordinal, or a time too short to matter.
    Second,
    /// 1 to 12. `sure`: never another word, as "may" and "march" are.
    Month { number: u8, sure: bool },
    /// 1 to 7.
    Weekday(u8),
    /// Days named from today: -1, 0, 1; 2 for tonight.
    Near(i8),
    /// Ten years, by the first.
    Decade(u32),
    /// An operator by itself.
    Operator(Relation),
    /// A preposition that is an operator right before its value: over 5, after 2010.
    Bound(Relation),
    /// An operator right before its value or "of": a minimum of 3.
    Extreme(Relation),
    /// An operator before "than" only: more than, later than.
    Comparative(Relation),
    /// An operator before "with" only: starts with.
    With(Relation),
    /// is, are, named: equals, or just a verb.
    Is,
    /// not, never, without, except.
    Not,
    /// Part of other than, different from, rather than, instead of.
    Other,
    /// at, of, to and others that belong to an operator of two words.
    At,
    /// and, or, nor.
    And,
    /// A new thought: where, which, then, if, but.
    Clause,
    /// Whence.
    From,
    /// Whither.
    To,
    /// Nothing of its own.
    Empty,
    /// What is asked.
    Question(Question),
}

/// What a question asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    What,
    Who,
    When,
    Where,
    Why,
    How,
    /// A question to be answered by yes or no: is, does.
    Whether,
}

pub(super) static WORDS: Table<Word, 1024> = Table::new(&[
    ("zero", Word::Count(0)),
    ("two", Word::Count(2)),
    ("three third", Word::Count(3)),
    ("four fourth", Word::Count(4)),
    ("five fifth", Word::Count(5)),
    ("six sixth", Word::Count(6)),
    ("seven seventh", Word::Count(7)),
    ("eight eighth", Word::Count(8)),
    ("nine ninth", Word::Count(9)),
    ("ten tenth", Word::Count(10)),
    ("eleven eleventh", Word::Count(11)),
    ("twelve twelfth dozen", Word::Count(12)),
    ("thirteen thirteenth", Word::Count(13)),
    ("fourteen fourteenth", Word::Count(14)),
    ("fifteen fifteenth", Word::Count(15)),
    ("sixteen sixteenth", Word::Count(16)),
    ("seventeen seventeenth", Word::Count(17)),
    ("eighteen eighteenth", Word::Count(18)),
    ("nineteen nineteenth", Word::Count(19)),
    ("twenty twentieth", Word::Count(20)),
    ("thirty thirtieth", Word::Count(30)),
    ("forty fourty", Word::Count(40)),
    ("fifty", Word::Count(50)),
    ("sixty", Word::Count(60)),
    ("seventy", Word::Count(70)),
    ("eighty", Word::Count(80)),
    ("ninety", Word::Count(90)),
    ("hundred", Word::Scale(100)),
    ("thousand", Word::Scale(1000)),
    ("million", Word::Scale(1_000_000)),
    ("one", Word::One),
    ("second", Word::Second),
    ("twenties", Word::Decade(1920)),
    ("thirties", Word::Decade(1930)),
    ("forties fourties", Word::Decade(1940)),
    ("fifties", Word::Decade(1950)),
    ("sixties", Word::Decade(1960)),
    ("seventies", Word::Decade(1970)),
    ("eighties", Word::Decade(1980)),
    ("nineties", Word::Decade(1990)),
    ("january", Word::Month { number: 1, sure: true }),
    ("jan", Word::Month { number: 1, sure: false }),
    ("february", Word::Month { number: 2, sure: true }),
    ("feb", Word::Month { number: 2, sure: false }),
    ("march mar", Word::Month { number: 3, sure: false }),
    ("april", Word::Month { number: 4, sure: true }),
    ("apr", Word::Month { number: 4, sure: false }),
    ("may", Word::Month { number: 5, sure: false }),
    ("june", Word::Month { number: 6, sure: true }),
    ("jun", Word::Month { number: 6, sure: false }),
    ("july", Word::Month { number: 7, sure: true }),
    ("jul", Word::Month { number: 7, sure: false }),
    ("august", Word::Month { number: 8, sure: true }),
    ("aug", Word::Month { number: 8, sure: false }),
    ("september", Word::Month { number: 9, sure: true }),
    ("sept sep", Word::Month { number: 9, sure: false }),
    ("october", Word::Month { number: 10, sure: true }),
    ("oct", Word::Month { number: 10, sure: false }),
    ("november", Word::Month { number: 11, sure: true }),
    ("nov", Word::Month { number: 11, sure: false }),
    ("december", Word::Month { number: 12, sure: true }),
    ("dec", Word::Month { number: 12, sure: false }),
    ("monday mondays", Word::Weekday(1)),
    ("tuesday tuesdays", Word::Weekday(2)),
    ("wednesday wednesdays", Word::Weekday(3)),
    ("thursday thursdays", Word::Weekday(4)),
    ("friday fridays", Word::Weekday(5)),
    ("saturday saturdays", Word::Weekday(6)),
    ("sunday sundays", Word::Weekday(7)),
    ("yesterday yesterday's", Word::Near(-1)),
    ("today today's todays", Word::Near(0)),
    ("tomorrow tomorrow's", Word::Near(1)),
    ("tonight tonight's", Word::Near(2)),
    ("contains contain containing includes include including", Word::Operator(Relation::Contains)),
    ("equals equal matching exactly", Word::Is),
    ("above over after beyond exceeding exceeds exceed past", Word::Bound(Relation::Greater)),
    ("below under before beneath", Word::Bound(Relation::Less)),
    ("since", Word::Bound(Relation::AtLeast)),
    ("until till within", Word::Bound(Relation::AtMost)),
    ("minimum min", Word::Extreme(Relation::AtLeast)),
    ("maximum max", Word::Extreme(Relation::AtMost)),
    ("greater", Word::Comparative(Relation::Greater)),
    ("more higher larger bigger later newer longer older taller heavier", Word::Comparative(Relation::Greater)),
    ("less", Word::Comparative(Relation::Less)),
    ("fewer lower smaller cheaper earlier shorter younger lighter", Word::Comparative(Relation::Less)),
    ("starts start starting begins begin beginning", Word::With(Relation::Starts)),
    ("ends end ending finishes finishing", Word::With(Relation::Ends)),
    ("is are was were be being named called titled has having", Word::Is),
    ("not never without except excluding excludes exclude nor no cannot besides avoid avoiding", Word::Not),
    (
        "don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't haven't hasn't",
        Word::Not,
    ),
    ("dont doesnt didnt isnt arent wasnt cant wont shouldnt ain't mustn't needn't hadn't", Word::Not),
    ("other different rather instead apart aside anything", Word::Other),
    ("at up no among any", Word::At),
    ("and or & plus", Word::And),
    ("where whose which that then if but while because so whether", Word::Clause),
    ("from", Word::From),
    ("to into onto towards toward", Word::To),
    ("who whom who's", Word::Question(Question::Who)),
    ("when", Word::Question(Question::When)),
    ("why", Word::Question(Question::Why)),
    ("how", Word::Question(Question::How)),
    ("what what's", Word::Question(Question::What)),
    (
        "a an the this these those some my your his her its our their me you he she it we they i us them him",
        Word::Empty,
    ),
    ("of in on by with for as than through during about via out off", Word::Empty),
    ("do does did done doing can could would should will shall must might ought been am have had get", Word::Empty),
    ("please just now only also too very really s t d m re ll ve i'm i'd i'll i've want need", Word::Empty),
    ("there here such each every all both either", Word::Empty),
    ("word words phrase text string substring term letter letters value values title name number", Word::Empty),
]);

/// Units and what a number counts in them, by an identity of our own: 5 km is not 5 miles, and 5 min is 5 minutes.
pub(super) static UNITS: Table<u8, 512> = Table::new(&[
    ("km kms kilometer kilometers kilometre kilometres", 1),
    ("mi mile miles", 2),
    ("meter meters metre metres", 3),
    ("cm centimeter centimeters centimetre centimetres", 4),
    ("mm millimeter millimeters", 5),
    ("ft foot feet", 6),
    ("inch inches", 7),
    ("yard yards", 8),
    ("kg kgs kilo kilos kilogram kilograms", 9),
    ("g gram grams", 10),
    ("mg milligram milligrams", 11),
    ("lb lbs pound pounds", 12),
    ("oz ounce ounces", 13),
    ("ms millisecond milliseconds", 14),
    ("sec secs second seconds", 15),
    ("min mins minute minutes", 16),
    ("h hr hrs hour hours", 17),
    ("day days", 18),
    ("week weeks", 19),
    ("month months", 20),
    ("year years yr yrs", 21),
    ("kb kilobyte kilobytes", 22),
    ("mb megabyte megabytes", 23),
    ("gb gigabyte gigabytes", 24),
    ("tb terabyte terabytes", 25),
    ("percent per-cent", 26),
    ("usd dollar dollars bucks", 27),
    ("eur euro euros", 28),
    ("gbp sterling", 29),
    ("jpy yen", 30),
    ("inr rupee rupees rs", 31),
    ("cent cents", 32),
    ("celsius", 33),
    ("fahrenheit", 34),
    ("l liter liters litre litres", 35),
    ("ml milliliter milliliters", 36),
    ("gallon gallons", 37),
    ("mph", 38),
    ("kmh kph", 39),
    ("acre acres", 40),
    ("hectare hectares", 41),
]);

/// The unit of a sign, before or after its number.
pub(super) const fn sign_unit(sign: char) -> u8 {
    match sign {
        '%' => 26,
        '$' => 27,
        '€' => 28,
        '£' => 29,
        '¥' => 30,
        '₹' => 31,
        _ => 0,
    }
}

/// Endings of domain names common enough to tell `site.com` from a missing blank.
pub(super) static TOP_LEVELS: Table<(), 64> =
    Table::new(&[("com org net edu gov io co uk de fr eu dev app ai info biz us ca au jp in tv me", ())]);

/// Words after which a full stop ends no sentence.
pub(super) static TITLES: Table<(), 32> = Table::new(&[("dr mr mrs ms st prof vs etc no jr sr inc ltd", ())]);
