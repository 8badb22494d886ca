//! What labels say of the answer cache: of one entry, of the verifier's probability, of the threshold.
//!
//! Pure statistics. Time is an argument, milliseconds since the Unix epoch.

mod ageing;
mod calibration;
mod curve;
mod hazard;
mod interval;
mod ledger;
mod linear;
mod posterior;
mod recent;

pub use ageing::HalfLife;
pub use calibration::{Calibration, LabelKind};
pub use curve::Curve;
pub use hazard::{Ages, Hazard};
pub use interval::{Z_95, wilson_lower, wilson_upper};
pub use ledger::{Ledger, Seen, Tier, WhatIf, WrongShare};
pub use posterior::{Posterior, Prior};
