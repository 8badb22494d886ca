//! The actions of web agents' plans: their schema, and the tools under which agents of today ask for them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Schema;

/// Actions in an answer of which validators still use every one; the schema allows no more.
pub const MAX_ACTIONS: usize = 60;

const SCHEMA: &str = include_str!("../../../presets/web-actions.schema.json");

/// The schema of a `TaskSynapse`'s answer, `{"actions": […]}`.
pub static PLAN_SCHEMA: LazyLock<Schema> = LazyLock::new(|| schema("answer"));

/// The same with the actions that only agents of today know (`DoneAction`, `ExtractAction` and others).
pub static STEP_SCHEMA: LazyLock<Schema> = LazyLock::new(|| schema("step_answer"));

fn schema(root: &str) -> Schema {
    let mut source: Value = serde_json::from_str(SCHEMA).expect("the file is tested");
    source["$ref"] = json!(format!("#/$defs/{root}"));
    Schema::parse(&source).expect("the file is tested")
}

/// Action and tool, where the name does not follow from the rule (`ScrollAction` is `browser.scroll`, `HoldKeyAction` is
/// `browser.hold_key`). What stands first is what a tool's call means as an action.
const TOOLS: [(&str, &str); 10] = [
    ("TypeAction", "browser.input"),
    ("SelectDropDownOptionAction", "browser.select_dropdown"),
    ("SelectAction", "browser.select_dropdown"),
    ("GetDropDownOptionsAction", "browser.dropdown_options"),
    ("DoubleClickAction", "browser.dblclick"),
    ("RightClickAction", "browser.rightclick"),
    ("MiddleClickAction", "browser.middleclick"),
    ("TripleClickAction", "browser.tripleclick"),
    ("SendKeysIWAAction", "browser.send_keys"),
    ("RequestUserInputAction", "user.request_input"),
];

/// An action as a tool call `{name, arguments}`; nothing when it has no `type`.
pub fn tool_call(action: &Value) -> Option<Value> {
    let fields = action.as_object()?;
    let class = fields.get("type")?.as_str()?;
    let mut arguments: Map<String, Value> =
        fields.iter().filter(|(name, _)| *name != "type").map(|(name, value)| (name.clone(), value.clone())).collect();
    // One tool for both ways to choose from a list, and it takes the choice as `text`; so does `input`.
    if matches!(class, "SelectAction" | "TypeAction")
        && let Some(value) = arguments.remove("value")
    {
        arguments.entry("text").or_insert(value);
    }
    Some(json!({"name": tool_name(class), "arguments": arguments}))
}

/// A tool call as an action, its fields as they are; nothing when it has no `name`.
pub fn action_of(call: &Value) -> Option<Value> {
    let mut action = Map::from_iter([("type".to_owned(), json!(class_name(call.get("name")?.as_str()?)))]);
    let arguments = call.get("arguments").and_then(Value::as_object);
    action.extend(arguments.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    Some(Value::Object(action))
}

fn tool_name(class: &str) -> String {
    if let Some((_, tool)) = TOOLS.iter().find(|(known, _)| *known == class) {
        return (*tool).to_owned();
    }
    let mut tool = String::from("browser.");
    for (at, char) in class.strip_suffix("Action").unwrap_or(class).chars().enumerate() {
        if char.is_ascii_uppercase() && at > 0 {
            tool.push('_');
        }
        tool.push(char.to_ascii_lowercase());
    }
    tool
}

fn class_name(tool: &str) -> String {
    if let Some((class, _)) = TOOLS.iter().find(|(_, known)| *known == tool) {
        return (*class).to_owned();
    }
    let words = tool.strip_prefix("browser.").unwrap_or(tool).split('_');
    let mut class: String = words
        .filter_map(|word| word.split_at_checked(1))
        .map(|(head, tail)| head.to_ascii_uppercase() + tail)
        .collect();
    class.push_str("Action");
    class
}

#[cfg(test)]
mod tests;
