//! What conflicts and what does not.

use super::{Agreement, Conflict, Kind, Slots, conflict};

pub(super) fn between(a: &str, b: &str) -> Option<Conflict> {
    let (ours, theirs) = (Slots::parse(a), Slots::parse(b));
    let (there, back) = (conflict(ours.of(a), theirs.of(b)), conflict(theirs.of(b), ours.of(a)));
    assert_eq!(there.is_some(), back.is_some(), "one way only: {a} / {b}: {there:?} {back:?}");
    there
}

#[track_caller]
fn differ(a: &str, b: &str) -> String {
    between(a, b)
        .unwrap_or_else(|| panic!("no conflict: {a} / {b}\n{:?}\n{:?}", Slots::parse(a), Slots::parse(b)))
        .to_string()
}

#[track_caller]
fn agree(a: &str, b: &str) {
    let found = between(a, b);
    assert_eq!(found, None, "{a} / {b}\n{:?}\n{:?}", Slots::parse(a), Slots::parse(b));
}

#[test]
fn another_quoted_value_is_another_task() {
    assert_eq!(differ("Search for 'lamp'", "Search for 'desk'"), "the quoted value 'lamp' is not 'desk'");
    differ("Search for 'lamp' and 'desk'", "Search for 'lamp'");
    assert_eq!(differ("Search for a lamp", "Search for a lamp in 'oak'"), "the quoted value 'oak' is missing");
}

#[test]
fn quoted_values_are_what_they_are() {
    differ("Rename it to 'Lamp'", "Rename it to 'lamp'");
    differ("Set the code to '007'", "Set the code to '7'");
    differ("Set the code to '1.10'", "Set the code to '1.1'");
    agree("Search for 'lamp '", "Search for ' lamp'");
}

#[test]
fn all_kinds_of_quotes_quote_the_same() {
    for other in
        ["\"red lamp\"", "`red lamp`", "\u{201c}red lamp\u{201d}", "\u{2018}red lamp\u{2019}", "\u{ab}red lamp\u{bb}"]
    {
        agree("Search for 'red lamp' now", &format!("Search for {other} now"));
        differ("Search for 'red lamps' now", &format!("Search for {other} now"));
    }
}

#[test]
fn an_apostrophe_is_no_quote() {
    agree(
        "Don't open the user's page, it isn't 'new'",
        "Don\u{2019}t open the user\u{2019}s page, it isn\u{2019}t 'new'",
    );
    assert_eq!(Slots::parse("the dogs' bowl and the cats' tree don't match").count(Kind::Quoted), 0);
    let text = "Find 'the captain's table' today";
    assert_eq!(Slots::parse(text).count(Kind::Quoted), 1);
    differ(text, "Find 'the captain's chair' today");
}

#[test]
fn a_quoted_value_may_stand_without_its_quotes() {
    agree("Open the 'Garden Chairs' page", "Open the Garden Chairs page");
    differ("Open the 'Garden Chairs' page", "Open the Garden page");
    differ("Open pages without 'Garden Chairs'", "Open pages with Garden Chairs");
}

#[test]
fn another_number_is_another_task() {
    assert_eq!(differ("Order 4 chairs", "Order 2 chairs"), "4 is not 2");
    differ("Order 4 chairs", "Order chairs");
    differ("Order 3 chairs and 3 tables", "Order 3 chairs and tables");
    differ("Scale it by -2", "Scale it by 2");
    differ("Order three chairs", "Order four chairs");
    differ("Rate it one star", "Rate it 2 stars");
}

#[test]
fn the_same_number_in_other_words_is_the_same() {
    agree("Order 2 chairs", "Order two chairs");
    agree("Order 25 chairs", "Order twenty-five chairs");
    agree("Order 250 chairs", "Order two hundred fifty chairs");
    agree("Pay 1,500 for it", "Pay 1500 for it");
    agree("Pay 10k for it", "Pay 10000 for it");
    agree("Rate it 4.50", "Rate it 4.5");
    agree("Open the 3rd page", "Open the third page");
    agree("Rate it one star", "Rate it 1 star");
    agree("Show me this one", "Show me this");
    agree("Set the rating to '4.5'", "Set the rating to 4.5");
    agree("Take 5 min", "Take 5 minutes");
    agree("Pay $5", "Pay 5 dollars");
    agree("A 50% cut", "A 50 percent cut");
}

#[test]
fn another_unit_is_another_amount() {
    assert_eq!(differ("Run 5 km", "Run 5 miles"), "the unit 'km' is not 'miles'");
    differ("Set a 2-hour timer", "Set a 2-minute timer");
    agree("Run 5km", "Run 5 kilometers");
}

#[test]
fn dates_and_times_have_one_form() {
    agree("Meet on 2031-03-04", "Meet on March 4, 2031");
    agree("Meet on 2031-03-04", "Meet on 4th of March 2031");
    agree("Meet on Sept 20", "Meet on September 20th");
    agree("Meet at 10am", "Meet at 10:00");
    agree("Meet at 1:30 PM", "Meet at 13:30");
    agree("Music of the 80s", "Music of the eighties");
    differ("Meet on 2031-03-04", "Meet on 2031-03-05");
    differ("Meet on March 4", "Meet on April 4");
    differ("Meet on Monday", "Meet on Tuesday");
    differ("Meet today", "Meet tomorrow");
    differ("Meet at 10am", "Meet at 10pm");
    differ("Music of the 80s", "Music of the 90s");
}

#[test]
fn addresses_placeholders_and_identifiers_are_compared() {
    differ("Write to ann@site.example", "Write to bob@site.example");
    agree("Write to Ann@Site.example", "Write to ann@site.example.");
    differ("Open https://site.example/a", "Open https://site.example/b");
    agree("Open https://site.example/a/", "Open https://Site.example/a.");
    differ("Log in as <user>", "Log in as <admin>");
    agree("Log in as <user>", "log in as <USER>");
    agree("Log in as '<user>'", "Log in as <user>");
    agree("Write to 'ann@site.example'", "Write to ann@site.example");
    differ("Log in as user<id>", "Log in as <id>");
    differ("Order part A-12", "Order part A-13");
    differ("Install version 1.2.3", "Install version 1.2.4");
    differ("Call +1-555-0100-200", "Call +1-555-0100-201");
    agree("Call +1-555-010-0200", "Call +1.555.010.0200");
}

#[test]
fn operators_differ_for_the_same_value() {
    assert_eq!(
        differ("Open rows where shade not equals 'red'", "Open rows where shade equals 'red'"),
        "`not equals` is not `equals` for 'red'"
    );
    differ("Open rows where shade contains 'red'", "Open rows where shade equals 'red'");
    differ("Open rows where shade not_contains 'red'", "Open rows where shade contains 'red'");
    differ("Open rows where shade starts with 'red'", "Open rows where shade ends with 'red'");
    differ("Open rows with size greater than 4", "Open rows with size less than 4");
    differ("Open rows with size >= 4", "Open rows with size > 4");
    differ("Open rows that are NOT 'red'", "Open rows that are 'red'");
    differ("Open rows other than 'red'", "Open rows with 'red'");
    differ("Open rows excluding 'red'", "Open rows including 'red'");
    differ("Open rows since 2010", "Open rows before 2010");
    differ("Open rows with 4+ stars", "Open rows with 4 stars");
    differ("Open rows with 4 stars or more", "Open rows with 4 stars");
    differ("Open rows with 4 stars or more", "Open rows with 4 stars or less");
    differ("Open rows at least 4", "Open rows at most 4");
    differ("Open rows where kind starts with 'a'", "Open rows where kind contains 'a'");
    differ("Open all rows except 'red'", "Open all rows 'red'");
    differ("Open rows with 'red' and without 'blue'", "Open rows with 'blue' and without 'red'");
    differ("Open rows made by anyone but not 'Kim'", "Open rows made by 'Kim'");
    differ("Log in as <user>", "Log in not as <user>");
    differ("Open rows where shade is in ['red']", "Open rows where shade is not in ['red']");
    differ("Open rows where shade equals red", "Open rows where shade not equals red");
    differ("Open rows where shade equals red", "Open rows where shade equals blue");
}

#[test]
fn the_same_operator_in_other_words_is_the_same() {
    agree("Open rows where shade equals 'red'", "Open rows where shade is 'red'");
    agree("Open rows where shade equals 'red'", "Open rows where shade = 'red'");
    agree("Open rows where shade equals 'red'", "Open rows of shade 'red'");
    agree("Open rows where shade is equal to 'red'", "Open rows where shade == 'red'");
    agree("Open rows where shade not equals 'red'", "Open rows whose shade is different from 'red'");
    agree("Open rows where shade not equals 'red'", "Open rows where shade != 'red'");
    agree("Open rows where shade not equals 'red'", "Open rows whose shade isn't 'red'");
    agree("Open rows where shade does not contain 'red'", "Open rows where shade not_contains 'red'");
    agree("Open rows with size >= 4", "Open rows with size of at least 4");
    agree("Open rows with size >= 4", "Open rows with size greater than or equal to 4");
    agree("Open rows with size >= 4", "Open rows with size greater_equal 4");
    agree("Open rows with size >= 4", "Open rows with size 4 or more");
    agree("Open rows with 4 stars or more", "Open rows with at least 4 stars");
    agree("Open rows with 4+ stars", "Open rows with at least 4 stars");
    agree("Open rows with no fewer than 4 stars", "Open rows with 4 or more stars");
    agree("Open rows for under $50", "Open rows for less than 50 dollars");
    agree("Open rows up to 4", "Open rows with a maximum of 4");
    agree("Open rows that do NOT include the exact word 'red'", "Open rows that don't contain 'red'");
    agree("Open rows not made by 'Kim'", "Open rows made by someone other than 'Kim'");
    agree("Open rows where shade is none but 'red'", "Open rows where shade is 'red'");
    agree("Open rows where shade is one of 'red' or 'blue'", "Open rows where shade is any of ['red', 'blue']");
    agree("Open rows with size <= 4", "Open rows with size no more than 4");
    agree("Open rows with size > 4", "Open rows with size over 4");
    agree("Open rows with size not greater than 4", "Open rows with size at most 4");
    agree("Open the shop after signing in with code 5", "Sign in with code 5, open the shop");
}

#[test]
fn conditions_may_come_in_any_order() {
    agree(
        "Open rows where shade equals 'red' and size greater than 4",
        "Open rows where size greater than 4 and shade equals 'red'",
    );
}

#[test]
fn values_under_exchanged_names_are_another_task() {
    differ("Set title to 'a b' with note 'c d'", "Set title to 'c d' with note 'a b'");
    differ("Open rows where first_name equals 'kim'", "Open rows where last_name equals 'kim'");
    differ("Book 2 rooms and 3 cars", "Book 3 rooms and 2 cars");
}

#[test]
fn there_is_not_back() {
    differ("Fly from Oslo to Rome", "Fly from Rome to Oslo");
    differ("fly from oslo to rome", "fly to oslo from rome");
    differ("Rename 'one two' to 'three'", "Rename 'three' to 'one two'");
    agree("fly from oslo to rome", "fly to rome from oslo");
}

#[test]
fn what_was_done_is_not_asked_for() {
    differ("Add an event called Lunch", "Delete an added event called Lunch");
    differ("Save the post by Alex", "Remove the saved post by Alex");
    differ("Reserve the ride scheduled for 8 pm", "Cancel the ride scheduled for 8 pm");
    agree("Delete an added event called Lunch", "Remove an added event called Lunch");
    agree("View the archived mail", "Show the mail that was archived");
    differ("Show the enabled users", "Show the disabled users");
}

#[test]
fn opposite_words_ask_for_opposite_things() {
    assert_eq!(differ("Add the lamp", "Remove the lamp"), "'add' is the opposite of 'remove'");
    differ("Adding the lamp", "Removed the lamp");
    differ("Turn on the lamp", "turn the lamp off");
    differ("Log in", "Sign out");
    differ("Log in", "Log in, then log out");
    differ("Show the cheapest lamp", "Show the most expensive lamp");
    differ("Open the first page", "Open the last page");
    differ("Select the lamp", "Unselect the lamp");
    differ("Activate the lamp", "Deactivate the lamp");
    differ("View the lamp", "Delete the lamp");
    differ("Approve the note", "Reject the note");
    differ("Mark the note as read", "Mark the note as unread");
    differ("Copy the note", "Move the note");
    differ("Sign up", "Sign in");
    differ("Sort it in ascending order", "Sort it in descending order");
    differ("Enable the note", "Disable the note");
    differ("Subscribe to the list", "Unsubscribe from the list");
    differ("Go to the next page", "Go to the previous page");
    agree("Add a lamp, then remove the desk", "Remove the desk, but first add a lamp");
    agree("Find lamps close by", "Find lamps opening near me");
}

#[test]
fn what_is_denied_is_not_what_is_said() {
    assert_eq!(
        differ("Do not archive the note", "Archive the note"),
        "'archive' is denied, but not in the stored prompt"
    );
    differ("A film not directed by him", "A film directed by him");
    differ("A film not directed by Ann Example", "A film directed by Ann Example");
    differ("Show lamps instead of desks", "Show desks");
    agree("Show the desk", "Show the desk, not the lamp");
    agree("It isn't urgent, do it later", "It is not urgent, do it later");
}

#[test]
fn tasks_about_other_names_differ() {
    differ("Play the trailer of Blue Harbour", "Play the trailer of Quiet Fields");
    agree("Play the trailer of Blue Harbour", "PLAY THE TRAILER OF BLUE HARBOUR");
}

#[test]
fn open_questions_may_leave_an_amount_out() {
    agree("What is the best phone?", "What is the best phone in 2031?");
    differ("What is the best phone in 2030?", "What is the best phone in 2031?");
    differ("Who wrote the song?", "When was the song written?");
    differ("Could you show the phone?", "Could you show the phone of 2031?");
}

#[test]
fn past_the_analysed_length_the_rest_must_be_the_same() {
    let long = "word ".repeat(2000);
    agree(&format!("{long}a"), &format!("{long}  a"));
    assert_eq!(between(&format!("{long}a"), &format!("{long}b")), Some(Conflict::Rest));
    let endless = "a".repeat(5000);
    assert_eq!(between(&endless, &format!("{endless}b")), Some(Conflict::Rest));
    let many = "1 ".repeat(2000);
    differ(&format!("{many}a"), &format!("{many}b"));
}

#[test]
fn a_prompt_costs_little_memory() {
    let text = "Book a table where guest_name equals 'Kim' and notes not contains 'late' and seats greater than 4 on 2031-03-04 at \
                10:00 for the party of Ann Example.";
    assert!(Slots::parse(text).heap_bytes() <= 200, "{}", Slots::parse(text).heap_bytes());
    assert!(size_of::<Slots>() <= 64);
}

#[test]
fn agreement_counts_what_is_shared() {
    let (a, b) = ("Send 'red' and 4 notes to Ann Example", "Send 'red' and 5 notes to Ann Example");
    let (ours, theirs) = (Slots::parse(a), Slots::parse(b));
    let counts = Agreement::of(ours.of(a), theirs.of(b));
    assert_eq!(counts.shared[Kind::Quoted as usize], 1);
    assert_eq!(counts.shared[Kind::Name as usize], 1);
    assert_eq!(counts.asked_only[Kind::Number as usize], 1);
    assert_eq!(counts.stored_only[Kind::Number as usize], 1);
    assert_eq!(counts.other_operator, 0);
    assert!(counts.same_register);
}

#[test]
fn a_conflict_survives_its_json() {
    let found = between("Order 4 chairs", "Order 2 chairs").unwrap();
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(json, r#"{"conflict":"different","kind":"number","asked":"4","stored":"2"}"#);
    assert_eq!(serde_json::from_str::<Conflict>(&json).unwrap(), found);
}
