//! What is asked: the task as a conversation.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::shape::Shape;
use crate::domain::{Task, Template, field, text_of};
use crate::ports::{Example, SolveError};

/// How a task becomes a conversation.
pub struct Form {
    /// The model that is asked for.
    pub model: String,
    /// The system message.
    pub system: Option<Template>,
    /// The user's message, where the task holds no chat.
    pub user: Template,
    /// The field that may hold a chat.
    pub chat: Option<String>,
    /// The field that holds the roles of its messages, when those are bare texts.
    pub roles: Option<String>,
    /// Remembered answers that are shown before the question, at most.
    pub examples: usize,
    /// The answer field for plain text, where no other is streamed.
    pub answer: String,
    /// How freely the model writes.
    pub temperature: Option<f64>,
    /// Tokens that it may write.
    pub max_tokens: Option<u32>,
    /// What a structured answer looks like; plain text without it.
    pub shape: Option<Shape>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Message {
    pub role: Cow<'static, str>,
    /// A text, or a list of parts as the API has them.
    pub content: Value,
}

impl Message {
    pub(super) fn new(role: &'static str, text: impl Into<String>) -> Self {
        Self { role: Cow::Borrowed(role), content: Value::String(text.into()) }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

/// Without it a streamed answer tells no usage. A service that does not know it answers 400 and names it: for such a one the
/// synapse cannot be streamed.
#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl Form {
    /// The field that takes an answer in plain text.
    pub(super) fn answer_field<'a>(&'a self, task: &'a Task) -> &'a str {
        task.streams.as_deref().unwrap_or(&self.answer)
    }

    /// The conversation: a system message, examples, and what is asked.
    pub(super) fn messages(&self, task: &Task, examples: Vec<Example>) -> Result<Vec<Message>, SolveError> {
        let mut system = Vec::new();
        if let Some(template) = &self.system {
            system.push(fill(template, "system", task, &task.question.prompt)?);
        }
        system.extend(self.shape.as_ref().and_then(Shape::instruction));
        let mut asked = match self.chat(&task.fields)? {
            Some(chat) => chat,
            None => vec![Message::new("user", fill(&self.user, "user", task, &task.question.prompt)?)],
        };
        // Many models take one system message, and that first.
        let is_system = |message: &Message| message.role == "system" && message.content.is_string();
        let rest = asked.iter().position(|message| !is_system(message)).unwrap_or(asked.len());
        system.extend(asked.drain(..rest).filter_map(|message| message.content.as_str().map(str::to_owned)));
        let mut messages = Vec::new();
        if !system.is_empty() {
            messages.push(Message::new("system", system.join("\n\n")));
        }
        for example in examples {
            let Some(answer) = self.example(task, &example) else { continue };
            // Examples share the question's scope: its other fields are theirs.
            messages.push(Message::new("user", fill(&self.user, "user", task, &example.prompt)?));
            messages.push(Message::new("assistant", answer));
        }
        messages.append(&mut asked);
        Ok(messages)
    }

    /// The request's body.
    pub(super) fn body(&self, messages: &[Message], streams: bool) -> Vec<u8> {
        let body = Body {
            model: &self.model,
            messages,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            response_format: self.shape.as_ref().and_then(Shape::response_format),
            stream: streams.then_some(true),
            stream_options: streams.then_some(StreamOptions { include_usage: true }),
        };
        serde_json::to_vec(&body).expect("texts and JSON values always serialise")
    }

    /// An answer as the model should have given it; nothing if it could not have.
    fn example(&self, task: &Task, example: &Example) -> Option<String> {
        let mut fields = example.answer.fields();
        match &self.shape {
            Some(shape) => shape.fits(fields).then(|| example.answer.json().to_owned()),
            None => match fields.remove(self.answer_field(task)) {
                Some(Value::String(text)) => Some(text),
                _ => None,
            },
        }
    }

    /// The chat that the request holds, if it does: messages, or texts whose roles stand in a list of their own.
    fn chat(&self, fields: &Map<String, Value>) -> Result<Option<Vec<Message>>, SolveError> {
        let Some(name) = &self.chat else { return Ok(None) };
        let items = match field(fields, name) {
            Some(Value::Array(items)) if !items.is_empty() => items,
            _ => return Ok(None),
        };
        let roles = self.roles.as_ref().and_then(|name| Some((name, field(fields, name)?)));
        let is_texts = items.iter().all(Value::is_string);
        if is_texts || roles.is_some() {
            let Some((roles_name, roles)) = roles else { return Ok(None) };
            let roles = roles.as_array().filter(|roles| roles.len() == items.len());
            let zipped =
                roles.and_then(|roles| roles.iter().zip(items).map(|(role, text)| message(role, text)).collect());
            return match zipped {
                Some(messages) => Ok(Some(messages)),
                None => Err(SolveError::BadAnswer(format!(
                    "the request's `{roles_name}` holds no role for each text of its `{name}`"
                ))),
            };
        }
        let messages: Option<_> = items.iter().map(|item| message(item.get("role")?, item.get("content")?)).collect();
        let fault = || {
            SolveError::BadAnswer(format!(
                "the request's `{name}` holds something else than {{role, content}} messages"
            ))
        };
        messages.ok_or_else(fault).map(Some)
    }
}

fn message(role: &Value, content: &Value) -> Option<Message> {
    let role = Cow::Owned(role.as_str()?.to_owned());
    (content.is_string() || content.is_array()).then(|| Message { role, content: content.clone() })
}

fn fill(template: &Template, name: &str, task: &Task, prompt: &str) -> Result<String, SolveError> {
    let filled = template.fill(|slot| match slot {
        "prompt" => Some(Cow::Borrowed(prompt)),
        slot => field(&task.fields, slot).map(text_of),
    });
    filled.map_err(|slot| {
        SolveError::BadAnswer(format!("the solver's `{name}` needs {{{slot}}}, which the request does not give"))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::domain::{Answer, Question};
    use crate::solver::openai::shape::ResponseFormat;

    fn form() -> Form {
        Form {
            model: "m".into(),
            system: None,
            user: Template::parse("{prompt}"),
            chat: Some("messages".into()),
            roles: Some("roles".into()),
            examples: 0,
            answer: "completion".into(),
            temperature: None,
            max_tokens: None,
            shape: None,
        }
    }

    fn task(prompt: &str, fields: Value) -> Task {
        let question = Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() };
        Task { question, fields: fields.as_object().expect("an object").clone(), streams: None }
    }

    fn example(prompt: &str, fields: Value) -> Example {
        let answer = Answer::new(fields.as_object().expect("an object"), 1, "s".into());
        Example { prompt: prompt.into(), answer: Arc::new(answer) }
    }

    fn said(messages: &[Message]) -> Vec<(&str, &str)> {
        messages.iter().map(|message| (&*message.role, message.content.as_str().expect("a text"))).collect()
    }

    #[test]
    fn templates_take_the_prompt_and_the_request_s_fields() {
        let mut form = form();
        form.system = Some(Template::parse("You are on {/site/url}."));
        form.user = Template::parse("Task: {prompt} ({n})");
        let messages = form.messages(&task("Buy {n}", json!({"site": {"url": "a.b"}, "n": 3})), Vec::new());
        assert_eq!(
            said(&messages.expect("all there")),
            [("system", "You are on a.b."), ("user", "Task: Buy {n} (3)")],
            "what is filled in is not filled again"
        );
        let error = form.messages(&task("Buy", json!({"site": {"url": "a.b"}})), Vec::new()).expect_err("no n");
        assert!(error.to_string().contains("`user` needs {n}"), "{error}");
    }

    #[test]
    fn a_chat_is_passed_on_as_it_is() {
        let chat = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Yes?"), ("user", "Why?")];
        let objects = chat.map(|(role, content)| json!({"role": role, "content": content, "name": "x"}));
        let fields = json!({"messages": objects});
        assert_eq!(said(&form().messages(&task("p", fields), Vec::new()).expect("a chat")), chat);
        let fields = json!({"roles": chat.map(|(role, _)| role), "messages": chat.map(|(_, content)| content)});
        assert_eq!(said(&form().messages(&task("p", fields), Vec::new()).expect("two lists")), chat);
    }

    #[test]
    fn what_is_no_chat_is_a_prompt_or_a_fault() {
        for fields in
            [json!({}), json!({"messages": "one text"}), json!({"messages": ["a", "b"]}), json!({"messages": []})]
        {
            assert_eq!(said(&form().messages(&task("p", fields), Vec::new()).expect("a prompt")), [("user", "p")]);
        }
        for (fields, word) in [
            (json!({"messages": ["a", "b"], "roles": ["user"]}), "`roles`"),
            (json!({"messages": ["a"], "roles": [1]}), "`roles`"),
            (json!({"messages": [{"role": "user"}]}), "`messages`"),
            (json!({"messages": ["a", {"role": "user", "content": "b"}]}), "`messages`"),
        ] {
            let error = form().messages(&task("p", fields), Vec::new()).expect_err(word).to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn examples_stand_between_the_system_message_and_the_question() {
        let fields = json!({"messages": ["Be brief.", "Hi"], "roles": ["system", "user"]});
        let examples = vec![example("Hello", json!({"completion": "Hello!"})), example("Odd", json!({"actions": []}))];
        let mut form = form();
        form.system = Some(Template::parse("Be kind."));
        assert_eq!(
            said(&form.messages(&task("p", fields), examples).expect("good")),
            [("system", "Be kind.\n\nBe brief."), ("user", "Hello"), ("assistant", "Hello!"), ("user", "Hi")],
            "one system message; an answer without the field is no example"
        );
    }

    #[test]
    fn examples_of_structured_answers_are_json_that_fits() {
        let mut form = form();
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        form.shape = Some(Shape::new(schema, ResponseFormat::JsonObject, true).expect("a schema"));
        let examples = vec![example("two", json!({"n": 2})), example("three", json!({"n": "3"}))];
        let messages = form.messages(&task("four", json!({})), examples).expect("good");
        let said = said(&messages);
        assert!(said[0].1.starts_with("Answer with one JSON object"), "{said:?}");
        assert_eq!(said[1..], [("user", "two"), ("assistant", "{\"n\":2}"), ("user", "four")]);
    }
}
