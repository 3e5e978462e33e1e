//! The one command `warifu`: runs each party by itself, or all of them as a demonstration.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

/// Servers of this kind ask for memory in hundreds of small pieces for each answer (ADR 43). A
/// program that counts its allocations has an allocator of its own for that.
#[cfg(not(feature = "allocations"))]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Arguments::parse()).await
}
