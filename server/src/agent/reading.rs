//! How a question is read out of a request: the prompt, and everything else that the answer depends on.

use serde_json::{Map, Value, json};
use url::Url;

use crate::domain::{Template, field, text_of};

/// Where the prompt stands.
#[derive(Debug, Clone, PartialEq)]
pub enum PromptSource {
    /// In one field, by name or JSON pointer: a text, a list of texts, or a chat (a list of `{role, content}`).
    Field(String),
    /// In a list of texts, with their roles in another; where there are none, as in a field alone.
    Chat {
        /// The field with the texts.
        messages: String,
        /// The field with their roles, as many.
        roles: String,
    },
    /// In several fields.
    Template(Template),
}

/// A value that the answer depends on beside the prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeField {
    /// The field, by name or JSON pointer.
    pub field: String,
    /// Which part of it.
    pub part: Part,
}

/// What of a field counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Of a URL: scheme, host and port.
    Host,
    /// Of a URL: this parameter of its query.
    Query(String),
}

/// A prompt, and what stands around it.
#[derive(Debug, PartialEq)]
pub struct Read {
    pub prompt: String,
    /// The rest of a conversation, or the list that the prompt was joined from: another one is another question.
    pub around: Option<Value>,
}

impl PromptSource {
    /// Reads the prompt, or says what is missing.
    pub fn read(&self, fields: &Map<String, Value>) -> Result<Read, String> {
        match self {
            Self::Template(template) => {
                let prompt = template.fill_from(fields).map_err(|name| format!("field `{name}` is missing"))?;
                Ok(Read { prompt, around: None })
            }
            Self::Chat { messages, roles } if field(fields, roles).is_none() => {
                Self::Field(messages.clone()).read(fields)
            }
            Self::Field(name) => match field(fields, name) {
                Some(Value::String(text)) => Ok(Read { prompt: text.clone(), around: None }),
                Some(Value::Array(items)) if !items.is_empty() => {
                    let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                    match texts {
                        // Joined texts could come from different lists, so the list itself counts.
                        Some(texts) => Ok(Read { prompt: texts.join("\n"), around: Some(json!(items)) }),
                        None => {
                            let messages =
                                items.iter().map(|item| Some((item.get("role")?.as_str()?, item.get("content")?)));
                            let messages: Option<Vec<_>> = messages.collect();
                            let fault = || format!("field `{name}` holds neither texts nor messages of a chat");
                            chat(&messages.ok_or_else(fault)?)
                        }
                    }
                }
                _ => Err(format!("field `{name}` holds no prompt")),
            },
            Self::Chat { messages, roles } => {
                let list = |name: &str| match field(fields, name) {
                    Some(Value::Array(items)) => Ok(items),
                    _ => Err(format!("field `{name}` holds no list")),
                };
                let (texts, roles_of) = (list(messages)?, list(roles)?);
                if texts.len() != roles_of.len() {
                    return Err(format!("fields `{messages}` and `{roles}` are not of one length"));
                }
                let both: Option<Vec<_>> =
                    roles_of.iter().zip(texts).map(|(role, text)| Some((role.as_str()?, text))).collect();
                chat(&both.ok_or_else(|| format!("field `{roles}` holds more than texts"))?)
            }
        }
    }
}

/// The prompt of a chat is the last thing that a user said; what was said around it decides what it means.
fn chat(messages: &[(&str, &Value)]) -> Result<Read, String> {
    let last = messages.iter().rposition(|(role, _)| *role == "user").ok_or("the chat holds no message of a user")?;
    let (prompt, rest) = said(messages[last].1).ok_or("the last message of the chat's user holds no text")?;
    let others = messages.iter().enumerate().filter(|(index, _)| *index != last);
    let others: Vec<_> = others.map(|(_, (role, content))| json!([role, content])).collect();
    let around = (!others.is_empty() || rest.is_some()).then(|| json!([last, others, rest]));
    Ok(Read { prompt, around })
}

/// The text of a message, and what it holds beside text (pictures).
fn said(content: &Value) -> Option<(String, Option<Value>)> {
    match content {
        Value::String(text) => Some((text.clone(), None)),
        Value::Array(parts) => {
            let text_in = |part: &Value| Some(part.get("text")?.as_str()?.to_owned());
            let texts: Vec<_> = parts.iter().filter_map(text_in).collect();
            let others: Vec<_> = parts.iter().filter(|part| text_in(part).is_none()).collect();
            (!texts.is_empty()).then(|| (texts.join("\n"), (!others.is_empty()).then(|| json!(others))))
        }
        _ => None,
    }
}

impl ScopeField {
    /// Its value in a request; null where there is none.
    pub fn value(&self, fields: &Map<String, Value>) -> Value {
        let Some(value) = field(fields, &self.field) else { return Value::Null };
        let url = || Url::parse(&text_of(value)).ok();
        match &self.part {
            Part::Whole => value.clone(),
            // What is no URL counts as it is: another text is another host.
            Part::Host => url().map_or_else(|| value.clone(), |url| url.origin().ascii_serialization().into()),
            Part::Query(name) => {
                let found = url().and_then(|url| {
                    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
                });
                found.map_or(Value::Null, Value::from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn read(source: &PromptSource, value: Value) -> Result<Read, String> {
        source.read(&fields(value))
    }

    #[test]
    fn a_prompt_comes_from_a_field_a_pointer_or_several_fields() {
        let nested = json!({"task": {"text": "buy"}, "site": "shop"});
        let at = |name: &str| PromptSource::Field(name.into());
        assert_eq!(read(&at("/task/text"), nested.clone()).expect("there").prompt, "buy");
        let template = PromptSource::Template(Template::parse("{/task/text} at {site}"));
        assert_eq!(read(&template, nested.clone()).expect("there").prompt, "buy at shop");
        assert_eq!(read(&template, json!({"task": {"text": "buy"}})), Err("field `site` is missing".into()));
        assert!(read(&at("prompt"), nested).expect_err("not there").contains("`prompt`"));
    }

    #[test]
    fn a_chats_prompt_is_what_its_user_said_last_and_the_rest_of_it_counts_too() {
        let source = PromptSource::Field("messages".into());
        let say = |role: &str, text: &str| json!({"role": role, "content": text});
        let ask = |messages: Value| read(&source, json!({ "messages": messages })).expect("a chat");
        let alone = ask(json!([say("user", "hi")]));
        assert_eq!(alone, Read { prompt: "hi".into(), around: None });
        let told = ask(json!([say("system", "be brief"), say("user", "hi")]));
        let other = ask(json!([say("system", "be long"), say("user", "hi")]));
        let answered = ask(json!([say("user", "hi"), say("assistant", "hm")]));
        assert!([&told, &other, &answered].iter().all(|read| read.prompt == "hi"));
        assert!(told.around != alone.around && told.around != other.around && answered.around != alone.around);
        let picture = json!([{"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url"}]}]);
        assert!(ask(picture).around.is_some(), "what a picture shows is not in the text");
        assert!(read(&source, json!({"messages": [say("assistant", "hm")]})).is_err());
        assert!(read(&source, json!({"messages": [1]})).is_err());
    }

    #[test]
    fn roles_may_stand_in_a_list_of_their_own() {
        let source = PromptSource::Chat { messages: "messages".into(), roles: "roles".into() };
        let read = |roles: Value, messages: Value| read(&source, json!({"roles": roles, "messages": messages}));
        let one = read(json!(["system", "user"]), json!(["be brief", "hi"])).expect("a chat");
        assert_eq!(one.prompt, "hi");
        assert!(one.around.is_some());
        assert!(read(json!(["user"]), json!(["a", "b"])).expect_err("one role").contains("one length"));
        let own = read(Value::Null, json!([{"role": "user", "content": "hi"}])).expect("a chat with roles of its own");
        assert_eq!(own.prompt, "hi");
    }

    #[test]
    fn a_scope_can_be_a_part_of_a_url() {
        let request = fields(json!({"url": "http://shop.example:8000/cart?seed=4&x=1", "n": 5, "odd": "not a url"}));
        let value = |field: &str, part: Part| ScopeField { field: field.into(), part }.value(&request);
        assert_eq!(value("url", Part::Host), "http://shop.example:8000");
        assert_eq!(value("url", Part::Query("seed".into())), "4");
        assert_eq!(value("url", Part::Query("y".into())), Value::Null);
        assert_eq!((value("n", Part::Whole), value("none", Part::Host)), (json!(5), Value::Null));
        assert_eq!(value("odd", Part::Host), "not a url");
    }
}
