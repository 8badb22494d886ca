//! The page, one file for each panel.

pub mod header;
pub mod overview;
pub mod rail;

mod aims;
mod cache;
mod chain;
mod decisions;
mod field;
mod form;
mod log;
mod questions;
mod targets;
mod validators;
