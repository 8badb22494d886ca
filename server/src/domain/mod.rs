//! What Lode decides, as pure functions: no I/O, no clock, no randomness but what is passed in.

mod bucket;
mod evidence;
mod limit;
mod metagraph;
mod pattern;
mod policy;
mod question;
mod tuning;
mod window;

pub use bucket::{Bucket, Rate};
pub use evidence::{
    Calibration, Curve, HalfLife, LabelKind, Ledger, Posterior, Prior, Tier, WhatIf, WrongShare, Z_95, wilson_lower,
    wilson_upper,
};
pub use limit::{Durations, Limit};
pub use metagraph::{AxonInfo, ChainView, Metagraph, Neuron};
pub use pattern::{Limits as PatternLimits, Listed as ListedPattern, Patterns};
pub use policy::{Callers, Policy, PolicyRefusal};
pub use question::{Answer, Digest128, Question, Task};
pub use tuning::{Cadence, Round, decide};
pub use window::{Sample, Window};
