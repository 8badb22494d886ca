//! Lode, a self-tuning Bittensor miner: the library behind the binary.
//!
//! A validator's request enters at [`axon`], is answered by [`agent`] from [`cache`] or a [`solver`], counted by
//! [`recorder`], kept by [`store`], and shown by [`api`]. [`tuner`] moves the cache's settings. [`domain`] decides and does
//! no I/O; [`app`] puts the parts together.

pub mod admin;
pub mod agent;
pub mod alerts;
pub mod api;
pub mod app;
pub mod axon;
pub mod bench;
pub mod cache;
pub mod chain;
pub mod check;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod devnet;
pub mod domain;
pub mod eval;
pub mod figures;
pub mod init;
pub mod keys;
pub mod listen;
pub mod matching;
pub mod metrics;
pub mod ports;
pub mod progress;
pub mod recorder;
pub mod service;
pub mod shutdown;
pub mod simulate;
pub mod solver;
pub mod status;
pub mod store;
pub mod supervisor;
pub mod telemetry;
pub mod tuner;
