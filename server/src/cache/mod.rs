//! What Lode remembers.

mod exact;

pub use exact::ExactCache;
