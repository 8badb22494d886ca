//! What Lode decides, as pure functions: no I/O, no clock, no randomness but what is passed in.

mod bucket;
mod limit;
mod metagraph;
mod policy;
mod question;
mod tuning;
mod window;

pub use bucket::{Bucket, Rate};
pub use limit::{Durations, Limit};
pub use metagraph::{AxonInfo, ChainView, Metagraph, Neuron};
pub use policy::{Callers, Policy, PolicyRefusal};
pub use question::{Answer, Question, Task};
pub use tuning::{Cadence, Round, decide};
pub use window::{Sample, Window};
