//! The one command `warifu`: runs each party by itself, or all of them as a demonstration.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

// Requests ask for memory on one thread and give it back on another (docs/adr/0054).
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Arguments::parse()).await
}
