//! BERT's uncased WordPiece: a text's words and the pieces that spell them.
//!
//! One pass over the text: accents stripped by canonical decomposition, lower case, every punctuation mark a word of its
//! own, each CJK ideograph too; then the longest piece first. Differs from BERT in that *all* combining marks are dropped, not
//! only those without width.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use super::vocab::{UNKNOWN, Vocabulary, vocabulary};

/// Bytes of a text that are looked at. Longer texts are marked [`Tokens::truncated`].
pub const TEXT_BYTES: usize = 4096;

/// Characters of a word that is spelt; a longer one is [`UNKNOWN`], as in BERT.
const WORD_CHARACTERS: usize = 100;

/// FNV-1a's start and factor, over characters instead of bytes; the upper half is kept, which its factor mixes best.
const HASH_START: u64 = 0xCBF2_9CE4_8422_2325;
const HASH_FACTOR: u64 = 0x0000_0100_0000_01B3;

/// The pieces of a text and where its words end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Piece numbers, in order.
    pub pieces: Vec<u16>,
    /// The words, in order; together they cover `pieces`.
    pub words: Vec<Word>,
    /// The text went on behind [`TEXT_BYTES`].
    pub truncated: bool,
}

/// A word: its pieces end here and start where the word before ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Index behind the word's last piece.
    pub end: u16,
    /// Where it starts in the text, in bytes.
    pub start: u16,
    /// How it was written.
    pub shape: Shape,
    /// Hash of its lower-case characters: tells apart words that are [`UNKNOWN`] all the same.
    pub hash: u32,
}

/// How a word is written, before lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Letters in lower case, or anything that no other shape fits.
    Plain,
    /// Starts with a capital letter.
    Capital,
    /// Contains a digit.
    Number,
    /// One punctuation mark.
    Mark,
}

impl Tokens {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let seen = &text[..text.floor_char_boundary(TEXT_BYTES)];
        // A word has about five letters, a piece is rarely shorter than four bytes.
        let mut reader = Reader {
            vocabulary: vocabulary(),
            word: [0; WORD_CHARACTERS * 4],
            bytes: 0,
            characters: 0,
            shape: Shape::Plain,
            hash: HASH_START,
            at: 0,
            start: 0,
            tokens: Self {
                pieces: Vec::with_capacity(seen.len() / 4 + 4),
                words: Vec::with_capacity(seen.len() / 5 + 4),
                truncated: seen.len() < text.len(),
            },
        };
        for (at, character) in seen.char_indices() {
            // TEXT_BYTES fits 16 bits.
            reader.at = at as u16;
            reader.read(character);
        }
        reader.end_word();
        reader.tokens
    }

    /// The pieces of the word at `index`.
    pub fn word(&self, index: usize) -> &[u16] {
        let start = if index == 0 { 0 } else { self.words[index - 1].end };
        &self.pieces[usize::from(start)..usize::from(self.words[index].end)]
    }
}

/// The word being read.
struct Reader {
    vocabulary: &'static Vocabulary,
    word: [u8; WORD_CHARACTERS * 4],
    bytes: usize,
    characters: usize,
    shape: Shape,
    hash: u64,
    /// Where the character being read, and where the word, starts.
    at: u16,
    start: u16,
    tokens: Tokens,
}

impl Reader {
    fn read(&mut self, character: char) {
        match kind(character) {
            Kind::Space => self.end_word(),
            Kind::Nothing => {}
            Kind::Alone => {
                self.end_word();
                self.shape = Shape::Mark;
                self.push(character);
                self.end_word();
            }
            Kind::Letter if character.is_ascii() => {
                self.look(character);
                self.push(character.to_ascii_lowercase());
            }
            Kind::Letter => {
                self.look(character);
                decompose_canonical(character, |part| {
                    if !is_combining_mark(part) {
                        part.to_lowercase()
                            .filter(|lower| !is_combining_mark(*lower))
                            .for_each(|lower| self.push(lower));
                    }
                });
            }
        }
    }

    /// Keeps what lower case will hide.
    fn look(&mut self, character: char) {
        if character.is_numeric() {
            self.shape = Shape::Number;
        } else if self.characters == 0 && character.is_uppercase() {
            self.shape = Shape::Capital;
        }
    }

    fn push(&mut self, character: char) {
        if self.characters == 0 {
            self.start = self.at;
        }
        self.characters += 1;
        self.hash = (self.hash ^ u64::from(u32::from(character))).wrapping_mul(HASH_FACTOR);
        if self.characters <= WORD_CHARACTERS {
            self.bytes += character.encode_utf8(&mut self.word[self.bytes..]).len();
        }
    }

    fn end_word(&mut self) {
        if self.characters > 0 {
            self.spell();
            // 4,096 bytes hold fewer than 65,536 pieces: each piece took at least a character, and none takes less than a
            // byte or decomposes into more than four.
            let end = u16::try_from(self.tokens.pieces.len()).expect("a capped text has few pieces");
            self.tokens.words.push(Word { end, start: self.start, shape: self.shape, hash: (self.hash >> 32) as u32 });
        }
        (self.bytes, self.characters, self.shape, self.hash) = (0, 0, Shape::Plain, HASH_START);
    }

    /// The longest piece that starts the word, then the longest that continues it, and so on; or [`UNKNOWN`].
    fn spell(&mut self) {
        let before = self.tokens.pieces.len();
        if self.characters <= WORD_CHARACTERS {
            let word = &self.word[..self.bytes];
            let mut start = 0;
            while start < word.len() {
                let longest = word.len().min(start + self.vocabulary.longest());
                let found = (start + 1..=longest)
                    .rev()
                    .find_map(|end| Some((self.vocabulary.find(&word[start..end], start > 0)?, end)));
                let Some((piece, end)) = found else { break };
                self.tokens.pieces.push(piece);
                start = end;
            }
            if start == word.len() {
                return;
            }
        }
        self.tokens.pieces.truncate(before);
        self.tokens.pieces.push(UNKNOWN);
    }
}

enum Kind {
    Space,
    /// Neither written nor a border: control and format characters.
    Nothing,
    /// A word of its own.
    Alone,
    Letter,
}

fn kind(character: char) -> Kind {
    if character.is_ascii() {
        return match character {
            ' ' | '\t' | '\n' | '\r' => Kind::Space,
            _ if character.is_ascii_control() => Kind::Nothing,
            _ if character.is_ascii_punctuation() => Kind::Alone,
            _ => Kind::Letter,
        };
    }
    match character {
        _ if character.is_whitespace() => Kind::Space,
        _ if character.is_control() => Kind::Nothing,
        // The replacement character, and format characters that a copied text brings along.
        '\u{FFFD}'
        | '\u{AD}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}' => Kind::Nothing,
        _ if is_punctuation(character) || is_ideograph(character) => Kind::Alone,
        _ => Kind::Letter,
    }
}

/// Punctuation beyond ASCII: the blocks in which Unicode keeps most of it.
fn is_punctuation(character: char) -> bool {
    matches!(character,
        '\u{A1}' | '\u{A7}' | '\u{AB}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}'
        | '\u{37E}' | '\u{387}' | '\u{55A}'..='\u{55F}' | '\u{589}' | '\u{58A}' | '\u{5BE}' | '\u{5C0}' | '\u{5C3}'
        | '\u{5F3}' | '\u{5F4}' | '\u{60C}' | '\u{61B}' | '\u{61F}' | '\u{66A}'..='\u{66D}' | '\u{6D4}'
        | '\u{964}' | '\u{965}' | '\u{E4F}' | '\u{E5A}' | '\u{E5B}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{2043}' | '\u{2045}'..='\u{2051}' | '\u{2053}'..='\u{205E}'
        | '\u{207D}' | '\u{207E}' | '\u{208D}' | '\u{208E}' | '\u{2308}'..='\u{230B}' | '\u{2329}' | '\u{232A}'
        | '\u{2E00}'..='\u{2E5D}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301F}'
        | '\u{3030}' | '\u{303D}' | '\u{30A0}' | '\u{30FB}' | '\u{FE10}'..='\u{FE19}' | '\u{FE30}'..='\u{FE52}'
        | '\u{FE54}'..='\u{FE61}' | '\u{FE63}' | '\u{FE68}' | '\u{FE6A}' | '\u{FE6B}'
        | '\u{FF01}'..='\u{FF03}' | '\u{FF05}'..='\u{FF0A}' | '\u{FF0C}'..='\u{FF0F}' | '\u{FF1A}' | '\u{FF1B}'
        | '\u{FF1F}' | '\u{FF20}' | '\u{FF3B}'..='\u{FF3D}' | '\u{FF3F}' | '\u{FF5B}' | '\u{FF5D}' | '\u{FF5F}'..='\u{FF65}')
}

/// Chinese characters, which BERT sets apart.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x2A6DF | 0x2A700..=0x2CEAF | 0x2F800..=0x2FA1F)
}
