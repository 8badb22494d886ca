//! The chain keeper: reads the subnet, keeps our axon registered, and survives whatever the endpoints do.

mod config;

pub use config::{Network, SubtensorConfig};
