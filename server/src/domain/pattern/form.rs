//! In what form an answer repeats a value of the prompt.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How many forms there are.
pub(super) const FORMS: usize = 5;

/// A value in all its forms: as it is, percent-encoded, with plus signs for blanks, in lower case, as a slug.
#[derive(Debug, Clone)]
pub(super) struct Spellings<'a>([Cow<'a, str>; FORMS]);

impl<'a> Spellings<'a> {
    pub(super) fn of(value: &'a str) -> Self {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let lower_only = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if lower_only {
            return Self(std::array::from_fn(|_| Cow::Borrowed(value)));
        }
        let percent: Cow<'_, str> =
            if value.bytes().all(unreserved) { value.into() } else { encoded(value, unreserved).into() };
        // A plus sign of the value itself is %2B by now, so only blanks are changed.
        let plus = if percent.contains("%20") { percent.replace("%20", "+").into() } else { percent.clone() };
        Self([value.into(), percent, plus, value.to_lowercase().into(), slug(value).into()])
    }

    /// All forms in their order; the first is the value as it is.
    pub(super) fn all(&self) -> &[Cow<'a, str>; FORMS] {
        &self.0
    }

    /// The forms that write `text`, as bits.
    pub(super) fn written(&self, text: &str) -> u8 {
        self.0.iter().enumerate().filter(|(_, form)| *form == text).fold(0, |bits, (form, _)| bits | 1 << form)
    }
}

fn encoded(value: &str, keep: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        if keep(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    text
}

/// Letters and digits in lower case, everything between them one hyphen.
fn slug(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for char in value.chars() {
        if char.is_alphanumeric() {
            text.extend(char.to_lowercase());
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    text.truncate(text.trim_end_matches('-').len());
    text
}

/// Which forms one place of an answer may be in, and how often predictions there spoke against each other form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Forms {
    /// One bit per form that fits every answer so far.
    alive: u8,
    /// By form: right predictions in which this form would have been wrong.
    against: [u8; FORMS],
}

impl Forms {
    /// The forms given by bits, without evidence.
    pub(super) fn new(alive: u8) -> Self {
        Self { alive, against: [0; FORMS] }
    }

    /// The forms alive, as bits.
    pub(super) fn alive(&self) -> u8 {
        self.alive
    }

    /// The text to write, when all forms alive write the same.
    pub(super) fn agreed<'s>(&self, spellings: &'s Spellings<'_>) -> Option<&'s str> {
        let mut texts = spellings.all().iter().enumerate().filter(|(form, _)| self.alive & (1 << form) != 0);
        let (_, text) = texts.next()?;
        texts.all(|(_, other)| other == text).then_some(text)
    }

    /// The same when every form that writes something else was wrong at least `required` times.
    pub(super) fn settled<'s>(&self, spellings: &'s Spellings<'_>, required: u8) -> Option<&'s str> {
        let text = self.agreed(spellings)?;
        let others = spellings.all().iter().zip(self.against).filter(|(other, _)| *other != text);
        others.into_iter().all(|(_, against)| against >= required).then_some(text)
    }

    /// A prediction came true: what other forms would have written was wrong.
    pub(super) fn confirm(&mut self, spellings: &Spellings<'_>) {
        let Some(text) = self.agreed(spellings).map(str::to_owned) else { return };
        for (against, other) in self.against.iter_mut().zip(spellings.all()) {
            if *other != text {
                *against = against.saturating_add(1);
            }
        }
    }

    /// Only these forms fit the answer just seen.
    pub(super) fn keep(&mut self, alive: u8) {
        self.alive &= alive;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_five_forms() {
        let spellings = Spellings::of("Tom & Jerry's é+1");
        assert_eq!(
            spellings.all(),
            &[
                "Tom & Jerry's é+1",
                "Tom%20%26%20Jerry%27s%20%C3%A9%2B1",
                "Tom+%26+Jerry%27s+%C3%A9%2B1",
                "tom & jerry's é+1",
                "tom-jerry-s-é-1",
            ]
        );
        assert!(Spellings::of("plain7").all().iter().all(|form| form == "plain7"));
    }

    #[test]
    fn a_form_is_settled_once_predictions_spoke_against_the_others() {
        let mut forms = Forms::new(0b10001);
        assert_eq!(forms.agreed(&Spellings::of("dune")), Some("dune"));
        assert_eq!(forms.agreed(&Spellings::of("Red Hat")), None);
        forms.keep(0b10000);
        let hat = Spellings::of("Red Hat");
        for right in 0..3 {
            assert_eq!(forms.settled(&hat, 3), None, "after {right}");
            forms.confirm(&hat);
        }
        assert_eq!(forms.settled(&hat, 3), Some("red-hat"));
    }
}
