//! What Lode decides, as pure functions: no I/O, no clock, no randomness but what is passed in.

mod actions;
mod breaker;
mod bucket;
mod compare;
mod endpoints;
mod evidence;
mod histogram;
mod latency;
mod limit;
mod metagraph;
mod pattern;
mod policy;
mod pruning;
mod question;
mod schema;
mod serving;
mod share;
mod standing;
mod step;
mod template;
mod thinning;
mod tuning;
mod window;

pub use actions::{MAX_ACTIONS, PLAN_SCHEMA, STEP_SCHEMA, action_of, tool_call};
pub use breaker::{Breaker, Pass, Shut};
pub use bucket::{Bucket, Rate};
pub use compare::Comparison;
pub use endpoints::Endpoints;
pub use evidence::{
    Ages, Calibration, Curve, HalfLife, Hazard, LabelKind, Ledger, Posterior, Prior, Seen, Tier, WhatIf, WrongShare,
    Z_95, wilson_lower, wilson_upper,
};
pub use histogram::{Counted, Histogram};
pub use latency::Latencies;
pub use limit::{Durations, Limit};
pub use metagraph::{AxonInfo, ChainView, EpochSchedule, Metagraph, Neuron, Spared};
pub use pattern::{Limits as PatternLimits, Listed as ListedPattern, Patterns};
pub use policy::{Callers, Policy, PolicyRefusal};
pub use question::{Answer, Digest128, Question, Task};
pub use schema::Schema;
pub use serving::{AXON_PROTOCOL, Advertised, SDK_VERSION, ServeRefusal, ServeStep, not_public, not_registered};
pub use share::Share;
pub use step::{MAX_STEPS, Step, read_step, step_error, step_reply};
pub use template::{Template, field, text_of};
pub use thinning::thin;
pub use tuning::{
    Cause, Decided, Evidence, Labels, Matches, Memory, Prospect, Restart, Reward, Room, Round, ScopeMatches,
    ScopeMemory, decide,
};
pub use window::{Sample, Window};
