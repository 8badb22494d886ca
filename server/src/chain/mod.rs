//! The chain keeper: reads the subnet, keeps our axon registered, and survives whatever the endpoints do.
//!
//! [`Keeper`] syncs every two minutes over one connection (`connection`) and publishes an immutable [`ChainView`] that
//! requests and the dashboard read without waiting. A runtime's types are read by name (`runtime`, `fields`, `neurons`), so
//! that the monthly upgrades change nothing here; `visibility` and `serve` register the axon.
//!
//! [`ChainView`]: crate::domain::ChainView

mod config;
mod connection;
mod external;
mod fields;
mod keeper;
mod neurons;
mod read;
mod runtime;
mod serve;
#[cfg(test)]
mod tests;
mod told;
mod visibility;

pub use config::{Network, SubtensorConfig};
pub(crate) use external::External;
pub use keeper::{Keeper, KeeperSetup, ServeSetup};
