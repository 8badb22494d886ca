//! Reads the files.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;

/// A labelled pair.
#[derive(Debug, Deserialize)]
pub struct Pair {
    /// The text whose answer is stored.
    pub a: String,
    /// The text that is asked.
    pub b: String,
    /// Whether the answer holds, 1 or 0.
    pub label: u8,
    /// What kind of pair it is.
    #[serde(rename = "type", alias = "kind", default)]
    pub kind: String,
    /// Where the first was asked.
    pub url_a: Option<String>,
    /// Where the second was asked.
    pub url_b: Option<String>,
}

impl Pair {
    /// Whether the answer holds.
    pub fn holds(&self) -> bool {
        self.label == 1
    }

    /// Whether both were asked at one place.
    pub fn is_one_scope(&self) -> bool {
        self.url_a == self.url_b
    }
}

/// A request of a stream.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The prompt.
    pub text: String,
    /// Its answer.
    pub cluster: String,
    /// Where it was asked.
    #[serde(default)]
    pub project: String,
}

/// What a file holds.
pub enum Input {
    /// Labelled pairs.
    Pairs(Vec<Pair>),
    /// Requests in order of arrival.
    Stream(Vec<Request>),
}

/// Reads JSON lines; the first line tells what they are. A fault names file and line.
pub fn read(path: &Path) -> anyhow::Result<Input> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines: Vec<String> = BufReader::new(file).lines().collect::<Result<_, _>>()?;
    let lines = || lines.iter().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let Some((first, _)) = lines().next() else { bail!("{} is empty", path.display()) };
    let is_stream = serde_json::from_str::<serde_json::Value>(first).is_ok_and(|line| line.get("cluster").is_some());
    let at = |number: i32| format!("{}:{number}", path.display());
    Ok(match is_stream {
        true => Input::Stream(
            lines()
                .map(|(line, number)| serde_json::from_str(line).with_context(|| at(number)))
                .collect::<Result<_, _>>()?,
        ),
        false => Input::Pairs(
            lines()
                .map(|(line, number)| serde_json::from_str(line).with_context(|| at(number)))
                .collect::<Result<_, _>>()?,
        ),
    })
}
