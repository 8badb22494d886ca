//! What measures: `lode bench`, `lode eval`, `lode simulate`.

use std::io::Write;

use super::{Exit, failed, usage};
use crate::cli::{BenchArgs, EvalArgs, SimulateArgs};
use crate::{bench, eval, simulate};

/// This machine.
pub async fn bench(args: BenchArgs) -> Result<(), Exit> {
    bench::run(args, &mut std::io::stdout()).await.map_err(|error| failed(&format!("{error:#}")))
}

/// The cache's matching.
pub fn eval(args: &EvalArgs) -> Result<(), Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let done = eval::run(args, &mut out).and_then(|()| Ok(out.flush()?));
    done.map_err(|error| usage(&format!("{error:#}")))
}

/// The tuner.
pub fn simulate(args: &SimulateArgs) -> Result<(), Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let done = simulate::run(args, &mut out).and_then(|()| Ok(out.flush()?));
    done.map_err(|error| usage(&format!("{error:#}")))
}
