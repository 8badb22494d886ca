//! Charts over time. [`series`] prepares figures, [`plot`] draws them with [`uplot`], [`figure`] makes the result
//! readable without eyes, [`spark`] is the small one.

pub mod figure;
mod look;
mod marks;
mod options;
mod plot;
pub mod series;
pub mod spark;
mod spec;
mod table;
mod uplot;

pub use spec::{RESPONSE, TUNER};
