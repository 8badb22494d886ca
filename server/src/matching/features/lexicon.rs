//! What kind of word a word is, and which words are forms of one word. English, from short closed lists; a word of another
//! language is simply content.

use std::sync::LazyLock;

use crate::matching::embedding::{Tokens, UNKNOWN, piece_text, piece_weight, pieces};

/// A word's part in what a text asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Carries meaning of its own.
    Content,
    /// Holds the sentence together.
    Function,
    /// Courtesy and wrapping: "please", "could you", "I want to".
    Filler,
    /// A verb that asks for something to be shown or found.
    Light,
    /// Asks: "who", "where".
    Question,
    /// Turns the meaning round: "not", "without".
    Negation,
}

impl Class {
    /// All classes, in the order of their numbers.
    pub(super) const ALL: [Self; 8] = [
        Self::Content,
        Self::Function,
        Self::Filler,
        Self::Light,
        Self::Question,
        Self::Negation,
        // No class has these numbers; three bits do.
        Self::Content,
        Self::Content,
    ];
}

const FUNCTION: &str = "a an the this that these those some any of to in on at by for with from into onto as and or but \
    if then so is are was were be been being am has have had do does did will shall should would may might must it its he \
    him his she her they them their we us our you your there here s t re ve ll d m about upon than while also very too own \
    such each where's per via s' one's up out";
const FILLER: &str = "please kindly could can would like want wanna need wish i me my mine myself just now let lets help go \
    gonna hey hi hello ok okay thanks thank ask try able get give make";
/// Function words that an argument follows: "in Paris", "by Eddie Vinson".
const PREPOSITIONS: &str = "in at on by from with for of near about into onto";
const ARTICLES: &str = "a an the this that my your our his her their";

/// Verbs that only say that something is wanted: what is wanted says more.
const LIGHT: &str = "show tell find see view display look search list know check go open present";
const QUESTION: &str = "who whom whose what which when where why how";
const NEGATION: &str = "not no never none without except nor neither cannot nobody nothing excluding unless";

/// What a function word says of the words behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// They are an argument.
    Preposition,
    /// They are one if an article follows ("to my list"), else a verb ("to play").
    To,
    /// They are what they were.
    Article,
    /// They are none.
    Other,
}

/// What the word with this key says of the words behind it, if it is a function word.
pub(super) fn joint(key: u32) -> Joint {
    static JOINTS: LazyLock<Vec<(u32, Joint)>> = LazyLock::new(|| {
        let listed = |list: &'static str, joint| list.split_ascii_whitespace().map(move |word| (key_of(word), joint));
        listed(PREPOSITIONS, Joint::Preposition)
            .chain(listed(ARTICLES, Joint::Article))
            .chain([(key_of("to"), Joint::To), (key_of("and"), Joint::Article), (key_of("or"), Joint::Article)])
            .collect()
    });
    JOINTS.iter().find(|(known, _)| *known == key).map_or(Joint::Other, |(_, joint)| *joint)
}

fn key_of(word: &str) -> u32 {
    key(word.as_bytes())
}

/// By piece: what a word of this one piece is, and the key of the word it is a form of.
struct Lexicon {
    classes: Vec<Class>,
    keys: Vec<u32>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let listed = |list: &str, text: &str| list.split_ascii_whitespace().any(|word| word == text);
    let class = |text: &str| match text {
        _ if listed(QUESTION, text) => Class::Question,
        _ if listed(NEGATION, text) => Class::Negation,
        _ if listed(FILLER, text) => Class::Filler,
        _ if listed(LIGHT, text) => Class::Light,
        _ if listed(FUNCTION, text) => Class::Function,
        _ => Class::Content,
    };
    Lexicon {
        // No listed word is longer than this, and most of the vocabulary is: the lists are searched a few thousand times.
        classes: pieces()
            .map(|(text, inside)| if inside || text.len() > 9 { Class::Content } else { class(text) })
            .collect(),
        keys: pieces().map(|(text, _)| key(text.as_bytes())).collect(),
    }
});

/// Weight of a word spelt with several pieces: too rare for the vocabulary.
const RARE: f32 = 9.8;

/// What is known of the word at `index`: class, key (equal for forms of one word), weight (0 to about 10.3).
pub(super) fn look_up(tokens: &Tokens, index: usize) -> (Class, u32, f32) {
    match tokens.word(index) {
        // The piece says nothing; only the characters tell such words apart.
        [UNKNOWN] => (Class::Content, tokens.words[index].hash, RARE),
        [piece] => {
            let class = LEXICON.classes[usize::from(*piece)];
            let weight = match class {
                Class::Content => piece_weight(*piece).max(3.0),
                Class::Light => 2.5,
                Class::Function => 0.7,
                Class::Filler => 0.4,
                Class::Question => 3.0,
                Class::Negation => 7.0,
            };
            (class, LEXICON.keys[usize::from(*piece)], weight)
        }
        many => {
            let (mut word, mut length) = ([0; 48], 0);
            for piece in many {
                let text = piece_text(*piece).as_bytes();
                let end = length + text.len();
                if end > word.len() {
                    // Longer than any form worth folding.
                    return (Class::Content, tokens.words[index].hash, RARE);
                }
                word[length..end].copy_from_slice(text);
                length = end;
            }
            (Class::Content, key(&word[..length]), RARE)
        }
    }
}

/// Hash of a word without its ending, so that "delete", "deletes", "deleted" and "deleting" have one key.
pub(super) fn key(word: &[u8]) -> u32 {
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let (stem, swap) = stem(word);
    for byte in stem.iter().chain(swap.as_ref()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    (hash >> 32) as u32
}

/// A word without its English ending, and the letter that takes the place of what was cut. Short words and words that are
/// not plain ASCII letters stay whole.
fn stem(word: &[u8]) -> (&[u8], Option<u8>) {
    if word == b"news" || !word.iter().all(u8::is_ascii_lowercase) {
        return (word, None);
    }
    let rest = if word.len() < 4 { word } else { without_ending(word) };
    let rest = rest.strip_suffix(b"e").filter(|rest| rest.len() >= 3).unwrap_or(rest);
    match rest {
        // "movies" is "movie" and "copies" is "copy": all end as "i".
        [.., before, b'y'] if !b"aeiou".contains(before) => (&rest[..rest.len() - 1], Some(b'i')),
        _ => (rest, None),
    }
}

/// A word of at least four letters without its ending.
fn without_ending(word: &[u8]) -> &[u8] {
    let has_vowel = |part: &[u8]| part.iter().any(|letter| b"aeiouy".contains(letter));
    let cut = |ending: &str| {
        let rest = word.strip_suffix(ending.as_bytes())?;
        (rest.len() >= 3 && has_vowel(rest)).then_some(rest)
    };
    if let Some(rest) = cut("ing").or_else(|| cut("ed")) {
        return undoubled(rest);
    }
    if [b"ss", b"us", b"is"].iter().any(|ending| word.ends_with(*ending)) {
        return word;
    }
    if ["ies", "sses", "shes", "ches", "xes", "zes"].iter().any(|ending| word.ends_with(ending.as_bytes())) {
        return &word[..word.len() - 2];
    }
    cut("ly").or_else(|| word.strip_suffix(b"s")).unwrap_or(word)
}

/// "plann" is "plan"; "tell" and "pass" stay.
fn undoubled(word: &[u8]) -> &[u8] {
    match word {
        [.., a, b] if a == b && !b"lsz".contains(a) && word.len() >= 4 => &word[..word.len() - 1],
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Class, u32, f32) {
        look_up(&Tokens::of(text), 0)
    }

    #[test]
    fn forms_of_one_word_share_a_key() {
        for forms in [
            ["delete", "deletes", "deleted", "deleting"],
            ["plan", "plans", "planned", "planning"],
            ["copy", "copies", "copied", "copying"],
            ["movie", "movies", "movie", "movies"],
            ["try", "tries", "tried", "trying"],
            ["happy", "happily", "happy", "happily"],
            ["search", "searches", "searched", "searching"],
            ["unfavorite", "unfavorites", "unfavorited", "unfavoriting"],
        ] {
            for form in forms {
                assert_eq!(of(form).1, of(forms[0]).1, "{form}");
            }
        }
    }

    #[test]
    fn different_words_have_different_keys() {
        let mut keys: Vec<_> =
            ["bus", "business", "class", "red", "ring", "news", "new", "sing", "\u{1F600}", "\u{1F601}"]
                .map(|word| of(word).1)
                .to_vec();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 10);
    }

    #[test]
    fn words_that_carry_meaning_weigh_more() {
        assert_eq!(of("please").0, Class::Filler);
        assert_eq!(of("where").0, Class::Question);
        assert!(of("the").2 < of("movie").2);
        assert!(of("movie").2 < of("triassic").2);
        assert_eq!(of("without").0, Class::Negation);
    }
}
