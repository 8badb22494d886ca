//! Charts: what they show, how uPlot draws it, and how it is read without seeing it.

pub mod figure;
pub mod series;
pub mod spark;
pub mod spec;

mod look;
mod marks;
mod options;
mod plot;
mod table;
mod uplot;
