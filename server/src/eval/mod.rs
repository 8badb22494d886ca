//! `lode eval`: how good the cache's matching is, on labelled pairs or on a stream of requests.
//!
//! Pairs are lines `{"a", "b", "label"}` (1: the answer to `a` is right for `b`), with `type`, and with `url_a` and `url_b`
//! where the two were asked at some place. Streams are lines `{"text", "cluster"}` in order of arrival, with `project` where
//! they were asked somewhere; the same cluster means the same answer.

mod input;
mod matcher;
mod pairs;
pub mod plans;
mod stream;

use std::io::Write;
use std::path::Path;

use anyhow::Context;

pub use input::Input;
pub use matcher::Matcher;

use crate::cli::EvalArgs;
use crate::progress::Progress;

/// Evaluates every file.
pub fn run(args: &EvalArgs, out: &mut impl Write) -> anyhow::Result<()> {
    for path in &args.files {
        let input = input::read(path)?;
        writeln!(out, "{}", name(path))?;
        let mut progress = Progress::new(&name(path));
        let mut told = |done, of| progress.at(done, of);
        let done = match &input {
            Input::Pairs(pairs) => pairs::report(pairs, &args.matcher, args.threshold, &mut told, out),
            Input::Stream(requests) => stream::report(requests, args, &mut told, out),
        };
        done.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Replays a recorded stream: exact alone, fixed thresholds, and the tuner.
pub fn replay(path: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let Input::Stream(requests) = input::read(path)? else {
        anyhow::bail!("{}: lines must have `text` and `cluster`; pairs are for lode eval", path.display());
    };
    let mut progress = Progress::new(&name(path));
    stream::compare(&requests, &mut |done, of| progress.at(done, of), out).with_context(|| path.display().to_string())
}

fn name(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into_owned())
}
