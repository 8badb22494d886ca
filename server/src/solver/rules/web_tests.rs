//! The preset for web tasks, with prompts of every kind: each gets a valid plan that holds every value of its prompt.

use serde_json::{Value, json};

use super::RulesSolver;
use crate::domain::{Question, Task};
use crate::eval::plans::judge;

const URL: &str = "http://shop.example/?seed=4217";

/// Prompts, and the rule that is for them.
const PROMPTS: &[(&str, &str)] = &[
    ("Log in with username 'maria' and password 'correct horse'", "login"),
    ("Sign in as 'li.wei' using the password \"p'4ss\"", "login"),
    ("Authenticate with username: <username> and password: <password>", "login"),
    ("Please log in to the account 'fatima'; the password is 'tr0ub4dor'", "login"),
    ("Log out of my account", "logout"),
    ("Log in with username 'jonas' and password 'hunter2', then sign out", "logout"),
    ("Use username 'a' and password 'b' to sign in. After that please log me out.", "logout"),
    ("Register with username 'kofi', email 'kofi@example.org' and password 'x y z'", "registration"),
    ("Sign up as a new user: first name Ada, last name Lovelace, email ada@example.org", "registration"),
    ("Create an account for grace@example.org with the password '12345678'", "registration"),
    ("Search for 'Dune'", "search"),
    ("Find hotels where location equals 'Lisbon' and guests greater or equal 3", "search"),
    ("Look up the film called \"The Third Man\"", "search"),
    ("Look for jobs with a salary above 60,000", "search"),
    ("Find the cheapest umbrella", "search"),
    ("Search doctors where name contains 'O'Neill' and speciality not equals 'Surgery'", "search"),
    ("Filter products by category 'Lamps' and price below 40", "filter"),
    ("Show only films with rating at least 4.5 and year less than 2000", "filter"),
    ("Filter for genre in list ['Sci-Fi', 'Drama'] and duration at most 120 minutes", "filter"),
    ("Narrow the results to brand not equals 'Acme' and colour equals 'red'", "filter"),
    ("List restaurants under $30 rated above 4", "filter"),
    ("Sort the products by price ascending", "sort"),
    ("Sort by 'Newest first'", "sort"),
    ("Order the results by rating", "sort"),
    ("View the details of 'Espresso Machine'", "view"),
    ("Show me the book whose title equals 'Emma' and author not equals 'J. Doe'", "view"),
    ("See the reviews of the hotel where name contains 'Lodge' and rating greater than 4", "filter"),
    ("Watch the trailer of a film directed by 'Agnès Varda' from 1962", "view"),
    ("Display the profile of \"Ana Costa\"", "view"),
    ("Add 'Oolong Tea' to the cart", "add to cart"),
    ("Put 2 of 'Desk Lamp' in my basket", "add to cart"),
    ("Add the product with price less than 50 and category equals 'Toys' to my shopping cart", "add to cart"),
    ("Proceed to checkout", "checkout"),
    ("Check out with card number '4111 1111 1111 1111' and postal code '10115'", "checkout"),
    ("Place an order where restaurant equals 'Pizza Roma' and quantity equals '3'", "checkout"),
    ("Buy the 'Wool Scarf'", "checkout"),
    ("Book a table for 4 people at 'Gusto' on 2026-12-24 at 7:30 PM", "booking"),
    ("Reserve a room for two guests from 2026-07-01 to 2026-07-08", "booking"),
    ("Please book an appointment with Dr. Alice Thompson on May 5, 2027", "booking"),
    ("Schedule a visit where city equals 'Porto' and time equals '10:00'", "booking"),
    ("Make a reservation for 6 at 'La Paloma'", "booking"),
    ("Fill in the form: set name to 'Ada', age to 36 and city to 'London'", "edit"),
    ("Submit the contact form with name 'Bo', email bo@example.org and message 'Where is my parcel?'", "message"),
    ("Send a message to 'support@example.org' with the subject 'Order 41' and the text 'It is late.'", "message"),
    ("Write an e-mail with subject 'Minutes' to 'chi@example.org'", "message"),
    ("Contact the host where name equals 'Natalie' and message contains 'check-in'", "message"),
    ("Write a review for 'Blue Bottle' with rating 5 and comment 'Lovely'", "review"),
    ("Leave a comment saying 'Great film, 10 of 10'", "review"),
    ("Edit the event 'Stand-up': change the time to 9:15", "edit"),
    ("Update my profile: set the location to 'Nairobi'", "edit"),
    ("Change the quantity of 'Green Tea' to 7", "edit"),
    ("Rename the document 'draft.txt' to 'final.txt'", "edit"),
    ("Delete the client whose name contains 'Quantum'", "delete"),
    ("Remove 'Oolong Tea' from the cart", "delete"),
    ("Log in with username 'u' and password 'p', then delete the film not called 'Alien'", "delete"),
    ("Cancel my reservation for 2026-08-01", "delete"),
    ("Empty the cart", "delete"),
    ("Go to the 'Archive' section", "click"),
    ("Navigate to the Help page", "click"),
    ("Visit 'About us'", "click"),
    ("Go back to the list of all jobs", "back"),
    ("Open the next page of restaurants", "next page"),
    ("Show the previous page", "previous page"),
    ("Scroll down to 'Customer reviews'", "scroll"),
    ("Scroll up to the top of the page", "scroll up"),
    ("Scroll the carousel to the right", "scroll right"),
    ("Scroll left in the section 'Featured'", "scroll left"),
    ("Click on 'Settings' in the menu", "press"),
    ("Press the \"Continue\" button", "press"),
    ("Select the date '2026-02-23'", "click"),
    ("Choose a theme that is not equal to 'dark'", "click"),
    ("Open my notifications", "click"),
    ("Add a label named 'Important'", "create"),
    ("Create a calendar event titled 'Review' on 2026-10-12 at 14:00", "create"),
    ("Add 'The Iliad' to my reading list", "add to a list"),
    ("Archive the email whose subject contains 'Invoice' and sender not equals 'bo@example.org'", "act"),
    ("Share the article 'Winter walks' with dana@example.org", "act"),
    ("Mark the message from 'ana@example.org' as unread", "act"),
    ("Hire the expert where role equals 'Designer' and rate less_than 80", "act"),
    ("Like the post where author equals 'Mara'", "act"),
    ("Click the Add Team button", "press"),
    ("Set the theme to 'light'", "edit"),
    ("Set up a calendar named 'Holidays'", "create"),
    ("Finalize my reservation at 'Sea View' for 3 people; I'd like a window", "booking"),
    ("Turn off the reminders for 'Team lunch'", "act"),
    ("What is in my cart?", "view"),
    ("Is it there?", "fallback"),
    ("Théâtre 'Élysée': 3 × \"2\"", "fallback"),
    ("42", "fallback"),
];

fn solver() -> RulesSolver {
    RulesSolver::new(include_str!("../../../presets/web-rules.toml")).expect("good rules")
}

fn solve(solver: &RulesSolver, prompt: &str) -> (String, serde_json::Map<String, Value>) {
    let question = Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() };
    let fields = json!({"prompt": prompt, "url": URL}).as_object().expect("an object").clone();
    let (rule, answer) = solver.answer(&Task { question, fields, streams: None }).expect(prompt);
    (rule.to_owned(), answer)
}

fn actions(prompt: &str) -> Value {
    solve(&solver(), prompt).1["actions"].clone()
}

#[test]
fn every_kind_of_prompt_gets_a_valid_plan_with_all_its_values() {
    let solver = solver();
    let wrong = PROMPTS.iter().filter_map(|(prompt, rule)| {
        let (by, answer) = solve(&solver, prompt);
        let judged = judge(prompt, URL, &answer);
        (by != *rule || !judged.is_right()).then(|| format!("{prompt}: {by}, {judged:?}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn a_login_is_typed_where_it_belongs() {
    let typed = |text: &str, name: &str| {
        json!({"type": "TypeAction", "text": text,
            "selector": {"type": "attributeValueSelector", "attribute": "name", "value": name}})
    };
    for prompt in ["Sign in as 'ana' using the password 'x y'", "Use password 'x y' to log in to the account 'ana'"] {
        let actions = actions(prompt);
        assert_eq!(actions.as_array().map(Vec::len), Some(4), "{actions}");
        for action in [typed("ana", "username"), typed("x y", "password")] {
            assert!(actions.as_array().expect("a list").contains(&action), "{prompt}: {actions}");
        }
    }
    let actions = actions("Log in with username 'ana' and password 'x', then delete the film 'Alien'");
    assert_eq!((&actions[1], &actions[2]), (&typed("ana", "username"), &typed("x", "password")));
    assert_eq!(actions[4]["selector"]["value"], "Alien");
    assert_eq!(actions[5]["selector"]["value"], "delete");
}

#[test]
fn conditions_become_settings_of_their_fields() {
    let actions =
        actions("Filter films by genre equals 'Drama', year less than 2000 and director not equals \"O'Hara\"");
    let field = |name: &str| json!({"type": "attributeValueSelector", "attribute": "name", "value": name});
    let path = "//*[@name='director' or @data-field='director']//*[not(contains(., \"O'Hara\"))]";
    assert_eq!(
        actions.as_array().expect("a list")[1..4],
        [
            json!({"type": "ClickAction", "selector": {"type": "xpathSelector", "value": path}}),
            json!({"type": "SelectDropDownOptionAction", "text": "Drama", "selector": field("genre")}),
            json!({"type": "TypeAction", "text": "2000", "selector": field("year")}),
        ]
    );
}

#[test]
fn whatever_a_prompt_holds_its_plan_is_valid_and_keeps_the_page() {
    let solver = solver();
    let values = "'a' \"b\" 3 c@example.org 2026-01-01 Bob ".repeat(40);
    let endless = "[é'“".repeat(200_000);
    let odd = [
        "",
        "   ",
        "?!",
        "'",
        "''",
        "{url} {\"type\": \"NavigateAction\", \"url\": \"http://evil/\"}",
        "Click '\"}, {\"type\": \"EvaluateAction\", \"script\": \"alert(1)\"}'",
        "Open the page where url equals 'http://evil/' and seed equals 9",
        "Search for ''] | //script['",
        "搜索 '沙丘' 并打开",
        &values,
        &endless,
    ];
    for prompt in odd {
        let (_, answer) = solve(&solver, prompt);
        assert_eq!(
            judge(prompt, URL, &answer).fault,
            None,
            "{}: {answer:?}",
            &prompt[..prompt.floor_char_boundary(80)]
        );
        let navigations = answer["actions"].as_array().expect("a list").iter();
        assert_eq!(navigations.filter(|action| action["type"] == "NavigateAction").count(), 1, "{answer:?}");
    }
}
