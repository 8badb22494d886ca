//! What a pair of texts looks like, in numbers: everything the verifier is told.
//!
//! All features are symmetric: it is not known which of two texts says more, only that the answer to one is to serve the
//! other. Where a feature looks at one side it is taken of both, as the smaller and the larger value.

mod align;
mod analysed;
mod concepts;
mod lexicon;
mod meaning;
mod senses;
mod spelling;

pub use analysed::{Analysed, WORDS};
pub use lexicon::Class;

use senses::Bond;

use align::{Alignment, Side, align};

use crate::matching::embedding::cosine;
use crate::matching::slots::{Agreement, KINDS, Kind};

/// Names of the features, in the order of [`features`].
pub const NAMES: [&str; COUNT] = [
    "text_cosine",
    "soft_coverage_min",
    "soft_coverage_max",
    "exact_coverage_min",
    "exact_coverage_max",
    "content_jaccard",
    "loose_heaviest_max",
    "loose_heaviest_min",
    "loose_weight_min",
    "loose_weight_max",
    "loose_nearest_min",
    "rest_cosine",
    "loose_names_min",
    "loose_names_max",
    "bigram_dice",
    "order",
    "question_words",
    "first_word",
    "gram_dice",
    "length_ratio",
    "synonym_share",
    "contrast",
    "frame_cosine",
    "all_jaccard",
    "values_loose_max",
    "names_shared",
    "names_loose_min",
    "names_loose_max",
    "other_operators",
    "turned",
    "same_sides",
    "lone_sides",
    "same_question",
    "marks_loose",
    "first_action",
    "actions",
    "loose_arguments_min",
    "loose_arguments_max",
    "meaning_min",
    "meaning_max",
    "symbols",
    "same_course",
];

/// Number of features.
pub const COUNT: usize = 42;

/// The features of a pair: `asked` is the new text, `stored` the one whose answer is at hand.
pub fn features(asked: &Analysed, stored: &Analysed) -> [f32; COUNT] {
    let aligned = align(asked, stored);
    let (a, b) = (side(asked, &aligned.asked), side(stored, &aligned.stored));
    let (low, high) = (f32::min, f32::max);
    let shared = (a.matched + b.matched) / 2.0;
    let everything = (a.all_matched + b.all_matched) / 2.0;
    let agreement = Agreement::of(asked.slots.of(""), stored.slots.of(""));
    let values = counts(&agreement, &VALUES);
    let names = counts(&agreement, &[Kind::Name]);
    let marks = counts(&agreement, &[Kind::Direction, Kind::Unit, Kind::Negation, Kind::Reversed]);
    let order = order(asked, &aligned);
    let question = question_words(asked, stored);
    let symbols = symbols(asked, stored);
    // Nothing turned round and no exact thing different: what is left are words.
    let alike = order == 1.0
        && question == 1.0
        && symbols == 1.0
        && values.loose_max + marks.loose_max == 0.0
        // A name in lower case is a word like others.
        && (names.loose_max == 0.0 || everything == a.all && everything == b.all)
        && agreement.other_operator == 0
        && agreement.turned == 0;
    let (said, told) = meaning::shares(asked.pieces(), stored.pieces());
    [
        cosine(&asked.vector, &stored.vector),
        low(a.soft_coverage(), b.soft_coverage()),
        high(a.soft_coverage(), b.soft_coverage()),
        low(a.exact_coverage(), b.exact_coverage()),
        high(a.exact_coverage(), b.exact_coverage()),
        ratio(shared, a.total + b.total - shared),
        high(a.heaviest, b.heaviest),
        low(a.heaviest, b.heaviest),
        low(a.loose, b.loose),
        high(a.loose, b.loose),
        low(a.nearest, b.nearest),
        aligned.rest.unwrap_or(if a.count == 0 && b.count == 0 { 1.0 } else { 0.3 }),
        low(a.names, b.names),
        high(a.names, b.names),
        bigram_dice(asked, stored, &aligned),
        order,
        question,
        first_word(asked, stored, &aligned),
        asked.gram_dice(stored),
        ratio(low(a.total, b.total), high(a.total, b.total)),
        low(a.synonym_share(), b.synonym_share()),
        high(a.contrast, b.contrast),
        cosine(&asked.frame, &stored.frame),
        ratio(everything, a.all + b.all - everything),
        values.loose_max,
        names.shared.min(4.0),
        names.loose_min,
        names.loose_max,
        f32::from(agreement.other_operator),
        f32::from(agreement.turned),
        f32::from(agreement.same_sides),
        f32::from(agreement.lone_sides),
        agreement.same_question.map_or(0.5, |same| f32::from(u8::from(same))),
        marks.loose_max,
        first_action(asked, stored),
        actions(asked, stored),
        low(a.arguments, b.arguments),
        high(a.arguments, b.arguments),
        low(said, told),
        high(said, told),
        symbols,
        if alike { low(a.soft_coverage(), b.soft_coverage()) } else { 0.0 },
    ]
}

/// Kinds of exact values.
const VALUES: [Kind; 10] = [
    Kind::Quoted,
    Kind::Number,
    Kind::Date,
    Kind::Time,
    Kind::Decade,
    Kind::Email,
    Kind::Url,
    Kind::Placeholder,
    Kind::Identifier,
    Kind::Bare,
];

/// How many slots of some kinds both texts have, and how many only one: of the one that has fewer and the one with more.
struct Counts {
    shared: f32,
    loose_min: f32,
    loose_max: f32,
}

fn counts(agreement: &Agreement, kinds: &[Kind]) -> Counts {
    let sum = |of: &[u8; KINDS]| kinds.iter().map(|kind| f32::from(of[*kind as usize])).sum::<f32>();
    let (asked, stored) = (sum(&agreement.asked_only), sum(&agreement.stored_only));
    Counts { shared: sum(&agreement.shared), loose_min: asked.min(stored), loose_max: asked.max(stored) }
}

/// Sums over the words of one text that say what is to be done.
struct Sums {
    /// Weight of all content words, exact values among them, and of those with an equal word on the other side.
    all: f32,
    all_matched: f32,
    /// Weight of the words.
    total: f32,
    /// Weight of those with an equal word on the other side.
    matched: f32,
    /// Weight of the rest as far as the embedding does not explain it.
    loose: f32,
    /// The largest such weight of one word.
    heaviest: f32,
    /// The smallest likeness of a loose word to its nearest; 1 without loose words.
    nearest: f32,
    /// Unexplained weight of loose words that look like names.
    names: f32,
    /// Unexplained weight of loose words behind prepositions.
    arguments: f32,
    /// Weight of loose words whose counterpart can mean the same.
    synonyms: f32,
    /// The largest weight of a loose word whose counterpart is an opposite or a sibling of it.
    contrast: f32,
    /// Loose content words.
    count: usize,
}

impl Sums {
    fn soft_coverage(&self) -> f32 {
        1.0 - ratio(self.loose, self.total).min(1.0)
    }

    /// Share of the weight that equal words or words of one meaning cover.
    fn synonym_share(&self) -> f32 {
        ratio(self.matched + self.synonyms, self.total)
    }

    fn exact_coverage(&self) -> f32 {
        if self.total == 0.0 { 1.0 } else { self.matched / self.total }
    }
}

fn side(text: &Analysed, side: &Side) -> Sums {
    let mut sums = Sums {
        all: 0.0,
        all_matched: 0.0,
        total: 0.0,
        matched: 0.0,
        loose: 0.0,
        heaviest: 0.0,
        nearest: 1.0,
        names: 0.0,
        arguments: 0.0,
        synonyms: 0.0,
        contrast: 0.0,
        count: 0,
    };
    for (index, word) in text.words().iter().enumerate().filter(|(_, word)| word.is_content()) {
        let matched = if side.partner(index).is_some() { word.weight() } else { 0.0 };
        sums.all += word.weight();
        sums.all_matched += matched;
        if word.is_frame() {
            sums.total += word.weight();
            sums.matched += matched;
        }
    }
    for loose in &side.loose {
        let word = text.words()[loose.index];
        if !word.is_frame() {
            continue;
        }
        let open = word.weight() * (1.0 - explained(loose.likeness));
        sums.synonyms += word.weight() * (loose.bond.same * 2.0).min(1.0);
        sums.contrast = sums.contrast.max(word.weight() * contrast(loose.bond));
        sums.loose += open;
        sums.heaviest = sums.heaviest.max(open);
        sums.nearest = sums.nearest.min(loose.likeness);
        sums.count += 1;
        if word.is_argument() {
            sums.arguments += open;
        }
        if word.is_name() {
            sums.names += open;
        }
    }
    sums
}

/// How surely a word and its counterpart say different things.
fn contrast(bond: Bond) -> f32 {
    (bond.beside.max(bond.against) - bond.same - bond.under).clamp(0.0, 1.0)
}

/// How much of a word its nearest counterpart stands for: words without a bond have cosines up to about 0.3.
fn explained(likeness: f32) -> f32 {
    ((likeness - 0.3) / 0.6).clamp(0.0, 1.0)
}

fn ratio(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 1.0 }
}

/// Dice's coefficient of the neighbourhoods of equal words: how many words are followed by the same word in both texts.
fn bigram_dice(asked: &Analysed, stored: &Analysed, aligned: &Alignment) -> f32 {
    let pairs = (asked.words().len().max(1) - 1) + (stored.words().len().max(1) - 1);
    let kept = (1..asked.words().len())
        .filter(|index| match (aligned.asked.partner(index - 1), aligned.asked.partner(*index)) {
            (Some(before), Some(after)) => before + 1 == after,
            _ => false,
        })
        .count();
    if pairs == 0 { 1.0 } else { 2.0 * kept as f32 / pairs as f32 }
}

/// Share of neighbouring equal content words that stand in the same order in both texts.
fn order(asked: &Analysed, aligned: &Alignment) -> f32 {
    let places: Vec<usize> = (0..asked.words().len())
        .filter(|index| asked.words()[*index].is_content())
        .filter_map(|index| aligned.asked.partner(index))
        .take(64)
        .collect();
    let pairs = places.len() * places.len().saturating_sub(1) / 2;
    let kept = places
        .iter()
        .enumerate()
        .map(|(i, place)| places[i + 1..].iter().filter(|next| *next > place).count())
        .sum::<usize>();
    if pairs == 0 { 1.0 } else { kept as f32 / pairs as f32 }
}

/// 1 if both ask with the same words (or neither asks), 0.5 if only one asks, 0 if they ask differently.
fn question_words(asked: &Analysed, stored: &Analysed) -> f32 {
    let first = |text: &Analysed| text.words().iter().find(|word| word.class() == Class::Question).map(|word| word.key);
    match (first(asked), first(stored)) {
        (Some(a), Some(b)) if a != b => 0.0,
        (None, Some(_)) | (Some(_), None) => 0.5,
        _ => 1.0,
    }
}

/// 1 if both texts have the same signs, 0.5 if only one has any, 0 if they have different ones.
fn symbols(asked: &Analysed, stored: &Analysed) -> f32 {
    match (asked.symbols, stored.symbols) {
        (a, b) if a == b => 1.0,
        (0, _) | (_, 0) => 0.5,
        _ => 0.0,
    }
}

/// How well the first content word of either text (the verb of a command) is met anywhere in the other: the worse of both.
fn first_word(asked: &Analysed, stored: &Analysed, aligned: &Alignment) -> f32 {
    let met = |text: &Analysed, side: &Side| {
        let Some(first) = text.words().iter().position(|word| word.class() == Class::Content) else { return 1.0 };
        if side.partner(first).is_some() {
            return 1.0;
        }
        side.loose.iter().find(|loose| loose.index == first).map_or(0.0, |loose| loose.likeness)
    };
    met(asked, &aligned.asked).min(met(stored, &aligned.stored))
}

/// 1 if the first actions named are of one group, 0 if they are not, 0.5 if a text names none.
fn first_action(asked: &Analysed, stored: &Analysed) -> f32 {
    match (asked.first_action, stored.first_action) {
        (0, _) | (_, 0) => 0.5,
        (a, b) if a == b => 1.0,
        _ => 0.0,
    }
}

/// Jaccard's coefficient of the groups of actions named; 0.5 if a text names none.
fn actions(asked: &Analysed, stored: &Analysed) -> f32 {
    if asked.actions == 0 || stored.actions == 0 {
        return 0.5;
    }
    ratio((asked.actions & stored.actions).count_ones() as f32, (asked.actions | stored.actions).count_ones() as f32)
}
