//! Hard conflicts of any two texts.

use proptest::prelude::*;

use super::tests::between;
use super::*;

/// Prompts as they may come: words of the parser's own, values, marks and blanks, in any order.
fn prompt() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "not",
            "equals",
            "contains",
            "is",
            "greater",
            "than",
            "or",
            "equal",
            "to",
            "from",
            "at",
            "least",
            "one",
            "twenty",
            "five",
            "hundred",
            "March",
            "may",
            "10",
            "4.5",
            "1,000",
            "2031-03-04",
            "10:30",
            "pm",
            "90s",
            "3rd",
            "A-12",
            "<name>",
            "user<id>",
            "'red'",
            "\"x y\"",
            "'",
            "\"",
            "``",
            "''",
            "\u{201c}q\u{201d}",
            "don't",
            "no",
            "without",
            "Ann",
            "Example",
            "first_name",
            "not_contains",
            "in-list",
            "[",
            "]",
            ",",
            ".",
            "?",
            "!",
            ">=",
            "!=",
            "=",
            ":",
            "$5",
            "50%",
            "km",
            "ann@site.example",
            "https://a.example/b",
            "site.com",
            "log",
            "in",
            "out",
            "turn",
            "off",
            "add",
            "remove",
            "unfollow",
            "\u{2019}",
            "\u{2265}",
            "second",
            "-5",
            "+1-555-010-0200",
            "5km",
            "2-hour",
            "12-15",
            "who",
            "when",
            "other",
            "instead",
            "of",
            "№5",
            "é",
            "-",
            "--",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9'.,:/@_<>-]{1,8}",
    ];
    prop::collection::vec((piece, prop::sample::select(vec!["", " ", " ", " "])), 0..24)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, blank)| piece + blank).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_parsed(a in any::<String>(), b in prompt()) {
        between(&a, &b);
        let (ours, theirs) = (Slots::parse(&a), Slots::parse(&b));
        Agreement::of(ours.of(&a), theirs.of(&b));
    }

    #[test]
    fn conflict_is_symmetric(a in prompt(), b in prompt()) {
        between(&a, &b);
    }

    #[test]
    fn a_text_never_conflicts_with_itself(a in prompt(), b in any::<String>()) {
        prop_assert_eq!(between(&a, &a), None);
        prop_assert_eq!(between(&b, &b), None);
    }

    /// White space inside quotes belongs to the value.
    #[test]
    fn other_white_space_is_no_conflict(text in prompt(), blanks in prop::sample::select(vec!["  ", "\t", "\n", "\r\n ", "\u{a0}"])) {
        let text = text.replace(['\'', '"', '`', '\u{201c}', '\u{2019}'], "");
        let other = format!("{blanks}{}{blanks}", text.replace(' ', blanks));
        prop_assert_eq!(between(&text, &other), None);
    }

    #[test]
    fn one_digit_changed_always_conflicts(before in "[a-z ]{0,20}", number in "[0-9]{1,12}([.,:/-][0-9]{1,4}){0,3}[a-zA-Z%]{0,3}",
                                          after in "[a-z ,.]{0,20}", place in any::<prop::sample::Index>(), step in 1_u8..10) {
        let text = format!("{before} {number} {after}");
        let digits: Vec<usize> = number.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = digits[place.index(digits.len())];
        let mut changed = number.clone().into_bytes();
        changed[at] = b'0' + (changed[at] - b'0' + step) % 10;
        let other = format!("{before} {} {after}", String::from_utf8(changed).unwrap());
        // Open questions may say other amounts only, which these are.
        prop_assert!(between(&text, &other).is_some(), "{} / {}", text, other);
    }
}
