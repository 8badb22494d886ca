//! What Lode remembers, and when it may be given again.
//!
//! A question is looked up in four tiers, in this order (a pattern before a service's vector is waited for):
//!
//! | tier | gives | when |
//! |---|---|---|
//! | exact (`exact`) | the answer to this very question in this very scope | within its time to live, not contradicted |
//! | semantic | the answer to a similar prompt of the same scope | within its time to live, and the chance that it is right is at least the threshold |
//! | memory (`memory`) | the same, beyond its time to live | only if it has also proven itself: its own chance of being right counts in full |
//! | pattern (`patterns`) | a template filled with the prompt's own values | after it has predicted three answers exactly, and until it is wrong once |
//!
//! **Scope.** Synapse and scope fields (host, seed, …) part the memory: no tier looks across. The prompt itself is normalised
//! so little that no value can be lost ([`crate::domain::Question::normal_prompt`]).
//!
//! **Chance.** For each of the eight nearest prompts (`index`) [`crate::matching`] says either that the two conflict
//! (another number, another quoted value, another operator, …), which nothing overrules, or how probably the answer holds.
//! Labels correct that probability (`learned`), and it is multiplied with the entry's standing: its Beta posterior of being
//! right for its own question, against that of a fresh answer.
//!
//! **Labels** come for nothing whenever a candidate was not good enough and a solver's answer can be compared with it; from
//! validators, shadow checks and the operator through [`crate::ports::Recall::judge`]. One contradiction quarantines an
//! entry: nobody gets it until its question is solved anew, and not then if the solver says the same.
//!
//! **What is kept** is only what a solver said and the adapter found valid. An answer given again is never stored under the
//! new prompt, so errors cannot spread.
//!
//! **Forgetting** (`epochs`) is durable first and visible then: a restart brings nothing back, and a solve that began
//! before cannot be kept after. Entries that leave the exact tier for age or room go to memory, which keeps the most useful
//! (`shelf`).
//!
//! **Disk** (`keeper`): a second behind, never waited for. A restart reads everything back before the axon answers.
//!
//! **Memory** for an entry beside prompt and answer: [`ENTRY_OVERHEAD_BYTES`]. Everything has a bound, and what is full stays
//! as large as it is. Full last is the number of scopes: memory keeps what was given most, and the longer it does, the more
//! of its entries are the only one of their scope.

mod admin;
mod answers;
mod counters;
mod entry;
mod epochs;
mod exact;
mod index;
mod keeper;
mod keeping;
mod learned;
mod load;
mod memory;
mod patterns;
mod recent;
mod remote;
mod scopes;
mod shelf;
#[cfg(test)]
mod tests;
mod texts;
mod trace;

pub use admin::{EntryOrder, EntryQuery, Forget};
pub use answers::{AnswerCache, Capacity};
pub use entry::ENTRY_OVERHEAD_BYTES;
pub use learned::{HitLabel, Labelled, Learned};
pub use remote::{EmbedderConfig, RemoteEmbedder, TIMEOUT as EMBEDDER_TIMEOUT};
pub use scopes::ScopeLabel;
pub use texts::Embedder;
