//! Tests of the whole miner over real sockets; one binary, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agent;
mod api;
mod axon;
mod browser;
mod btauth;
mod cache;
mod chain;
mod commands;
mod configure;
mod data;
mod document;
mod interop_requests;
mod kill;
mod limits;
mod mixed;
mod negative;
mod observability;
mod page;
mod page_looks;
mod process;
mod reload;
mod restart;
mod running;
mod streaming;
mod support;
mod terminal;
mod wallet;
