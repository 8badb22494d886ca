//! What Lode remembers.

mod exact;
pub mod index;

pub use exact::ExactCache;
