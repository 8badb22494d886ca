//! Prompts as validators of web agents write them, made up here: few use cases, each in several wordings, with values from
//! small lists, so that most prompts have many near-duplicates.

use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, json};

use crate::domain::{Answer, Question};

/// Use cases by their wordings. `{t}` is a title, `{p}` a person, `{c}` a town, `{n}` and `{m}` numbers, `{o}` an operator.
const USE_CASES: [[&str; 3]; 14] = [
    [
        "Show me the details of the film '{t}' directed by {p} that has a rating {o} {n}",
        "Display the details of the film '{t}' directed by {p} that has a rating {o} {n}",
        "Show me the details for the film '{t}' that {p} directed with a rating {o} {n}",
    ],
    [
        "Add the book '{t}' by {p} to the shopping cart and set the quantity to {n}",
        "Put the book '{t}' by {p} into the shopping cart and set the quantity to {n}",
        "Add the book '{t}' by {p} to my shopping cart with the quantity set to {n}",
    ],
    [
        "Reserve a table for {m} people at the restaurant '{t}' in {c} at 7:30 PM under the name {p}",
        "Book a table for {m} people at the restaurant '{t}' in {c} at 7:30 PM under the name {p}",
        "Reserve a table at the restaurant '{t}' in {c} for {m} people at 7:30 PM under the name {p}",
    ],
    [
        "Search for hotels in {c} where the price per night is {o} {n} and the host is {p}",
        "Find hotels in {c} where the price per night is {o} {n} and the host is {p}",
        "Search for a hotel in {c} hosted by {p} where the price per night is {o} {n}",
    ],
    [
        "Send an email to {p} with the subject '{t}' and mention that order {n} has arrived",
        "Write an email to {p} with the subject '{t}' and mention that order {n} has arrived",
        "Send {p} an email with the subject '{t}' that mentions that order {n} has arrived",
    ],
    [
        "Delete the calendar event '{t}' with {p} that takes place in room {n} in {c}",
        "Remove the calendar event '{t}' with {p} that takes place in room {n} in {c}",
        "Delete the event '{t}' with {p} from the calendar, the one in room {n} in {c}",
    ],
    [
        "Write a review of the film '{t}' that says {p} was great and give it a score of {n}",
        "Post a review of the film '{t}' that says {p} was great and give it a score of {n}",
        "Write a review of '{t}' saying that {p} was great and give the film a score of {n}",
    ],
    [
        "Request a ride from {c} to the museum '{t}' for {m} passengers costing {o} {n}",
        "Order a ride from {c} to the museum '{t}' for {m} passengers costing {o} {n}",
        "Request a ride for {m} passengers from {c} to the museum '{t}' costing {o} {n}",
    ],
    [
        "Filter the job offers in {c} where the salary is {o} {n} and the company is '{t}'",
        "Filter job offers in {c} so that the salary is {o} {n} and the company is '{t}'",
        "Filter the jobs in {c} where the salary is {o} {n} and the company is '{t}'",
    ],
    [
        "Open the profile of the expert {p} in {c} whose hourly rate is {o} {n}",
        "Go to the profile of the expert {p} in {c} whose hourly rate is {o} {n}",
        "Open the profile page of the expert {p} in {c} whose hourly rate is {o} {n}",
    ],
    [
        "Edit the task '{t}' so that it is assigned to {p} and its priority becomes {m}",
        "Change the task '{t}' so that it is assigned to {p} and its priority becomes {m}",
        "Edit the task '{t}' so that it is assigned to {p} and gets the priority {m}",
    ],
    [
        "Compare the phone '{t}' with the one that {p} sells in {c} for a price {o} {n}",
        "Compare the phone '{t}' to the one that {p} sells in {c} for a price {o} {n}",
        "Compare the phone '{t}' with the one sold by {p} in {c} for a price {o} {n}",
    ],
    [
        "Share the product '{t}' with {p} and write that {m} of {n} are left in {c}",
        "Share the item '{t}' with {p} and write that {m} of {n} are left in {c}",
        "Share the product '{t}' with {p} and say that {m} of {n} are left in {c}",
    ],
    [
        "Log in as user{n}, open the wishlist '{t}' and remove everything made by {p}",
        "Sign in as user{n}, open the wishlist '{t}' and remove everything made by {p}",
        "Log in as user{n}, open the wishlist '{t}' and delete everything made by {p}",
    ],
];

const FIRST: [&str; 24] = [
    "Anna", "Boris", "Clara", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas", "Karin", "Louis", "Maria",
    "Nadia", "Oscar", "Paula", "Quentin", "Rosa", "Simon", "Tanja", "Ulrich", "Vera", "Walter", "Yvonne",
];
const LAST: [&str; 24] = [
    "Adler", "Brandt", "Castro", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jensen", "Keller",
    "Lindberg", "Moreau", "Novak", "Olsen", "Petrov", "Rossi", "Santos", "Tanaka", "Urban", "Vogel", "Weber", "Young",
    "Zhang",
];
const OF_WHAT: [&str; 32] = [
    "Silent",
    "Golden",
    "Broken",
    "Hidden",
    "Crimson",
    "Frozen",
    "Distant",
    "Hollow",
    "Gentle",
    "Electric",
    "Painted",
    "Restless",
    "Scarlet",
    "Wandering",
    "Bitter",
    "Velvet",
    "Burning",
    "Paper",
    "Northern",
    "Lonely",
    "Stone",
    "Second",
    "Midnight",
    "Summer",
    "Winter",
    "Glass",
    "Iron",
    "Quiet",
    "Final",
    "Lost",
    "Open",
    "Ancient",
];
const WHAT: [&str; 32] = [
    "Harbour", "Mirror", "Garden", "River", "Letter", "Bridge", "Orchard", "Lantern", "Mountain", "Voyage", "Shadow",
    "Kingdom", "Promise", "Station", "Forest", "Theatre", "Island", "Machine", "Window", "Market", "Engine", "Ocean",
    "Tower", "Valley", "Signal", "Concert", "Desert", "Palace", "Clock", "Horizon", "Kitchen", "Dream",
];
const TOWNS: [&str; 16] = [
    "Lisbon", "Vienna", "Oslo", "Kyoto", "Denver", "Prague", "Dublin", "Seoul", "Madrid", "Boston", "Zurich", "Athens",
    "Toronto", "Naples", "Bergen", "Krakow",
];
const OPERATORS: [&str; 4] = ["equal to", "not equal to", "greater than", "less than"];

/// The prompt of this number in one of three wordings, politely or not: another number is nearly always another task.
pub(super) fn prompt(number: u64, wording: usize, polite: bool) -> String {
    let mut random = SmallRng::seed_from_u64(number);
    let mut any = |from: &[&'static str]| from[random.random_range(..from.len())];
    let (title, person) = (format!("{} {}", any(&OF_WHAT), any(&WHAT)), format!("{} {}", any(&FIRST), any(&LAST)));
    let (town, operator) = (any(&TOWNS), any(&OPERATORS));
    let (many, few) = (random.random_range(10..1_000), random.random_range(2..10));
    let wording = USE_CASES[random.random_range(..USE_CASES.len())][wording % 3];
    let text = wording.replace("{t}", &title).replace("{p}", &person).replace("{c}", town).replace("{o}", operator);
    let text = text.replace("{n}", &many.to_string()).replace("{m}", &few.to_string());
    if polite { format!("Please {}{}", text[..1].to_lowercase(), &text[1..]) } else { text }
}

/// The question of this number as it is first asked, in one of many scopes.
pub(super) fn question(number: u64, scope: u64) -> Question {
    reworded(number, 0, false, scope)
}

/// The same in other words.
pub(super) fn reworded(number: u64, wording: usize, polite: bool, scope: u64) -> Question {
    let scope = format!(r#"["http://localhost:8000/?seed={scope}"]"#);
    Question { synapse: "TaskSynapse".into(), prompt: prompt(number, wording, polite), scope }
}

/// An agent's actions, two to four of them: what they click on cannot be told from the prompt.
pub(super) fn answer(number: u64, solver: &Arc<str>) -> Arc<Answer> {
    let mut random = SmallRng::seed_from_u64(!number);
    let mut actions = vec![json!({"type": "navigate", "url": "http://localhost:8000/?seed=1"})];
    for _ in 0..random.random_range(1..4) {
        let id = format!("item-{:06x}", random.random_range(0..1_u32 << 24));
        actions.push(json!({"type": "click", "selector": {"attribute": "id", "value": id}}));
    }
    Arc::new(Answer::new(&Map::from_iter([("actions".to_owned(), actions.into())]), 900, Arc::clone(solver)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_as_long_as_validators_write_them_and_the_same_every_time() {
        for number in 0..2_000 {
            let text = prompt(number, 0, false);
            assert!((60..=150).contains(&text.len()), "{} bytes: {text}", text.len());
            assert!(!text.contains('{'), "{text}");
            assert_eq!(text, prompt(number, 0, false));
            assert_ne!(text, prompt(number, 1, false));
        }
    }
}
