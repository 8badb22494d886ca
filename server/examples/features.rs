//! Writes the verifier's features of pairs: JSON lines with `a` and `b` on standard input, a table with tabs on standard
//! output. `training/fit.py` reads it; its first column says whether a hard conflict refuses the pair.

use std::io::{BufRead, BufWriter, Write};

use lode::matching::features::{Analysed, NAMES, features};
use lode::matching::slots::conflict;
use serde::Deserialize;

#[derive(Deserialize)]
struct Pair {
    a: String,
    b: String,
}

fn main() -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(out, "conflict\t{}", NAMES.join("\t"))?;
    for line in std::io::stdin().lock().lines() {
        let pair: Pair = serde_json::from_str(&line?)?;
        let (a, b) = (Analysed::of(&pair.a), Analysed::of(&pair.b));
        let refused = a.is_partial() || b.is_partial() || conflict(a.slots.of(&pair.a), b.slots.of(&pair.b)).is_some();
        write!(out, "{}", u8::from(refused))?;
        for value in features(&a, &b) {
            write!(out, "\t{value:.6}")?;
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}
