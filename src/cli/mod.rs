//! The command line: what there is to say, and who does it.

mod bench;
mod ca;
mod card;
mod config;
mod connector;
mod demo;
mod deposit;
mod eligibility;
mod idp;
mod log;
mod party;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// One card opens everything; every organisation keeps its own data.
#[derive(Debug, Parser)]
#[command(name = "warifu", version, about, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every party on this machine, with virtual people and cards.
    Demo(demo::Arguments),
    /// Run one party.
    Serve(serve::Arguments),
    /// Look at a party's configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// The identity provider: its metadata, its registry of service providers.
    #[command(subcommand)]
    Idp(idp::Command),
    /// The certification authorities.
    #[command(subcommand)]
    Ca(ca::Command),
    /// A connector: the proof of a source before it goes live.
    #[command(subcommand)]
    Connector(connector::Command),
    /// The card office's work on its own machine.
    Card(card::Arguments),
    /// Checks asked by an organisation's own system: one card, or a file of them.
    #[command(subcommand)]
    Eligibility(eligibility::Command),
    /// The access log: check it, prove an event, export it, witness it.
    #[command(subcommand)]
    Log(log::Command),
    /// Coverage that insurers deposit at the relay.
    #[command(subcommand)]
    Deposit(deposit::Command),
    /// Measure how fast the parts are, each beside its physical limit.
    Bench(bench::Arguments),
}

/// Prints what may be long. A reader that has seen enough, like `head`, is no error.
fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Does what was asked, and says in one sentence what went wrong.
pub async fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Config(command) => config::run(&command),
        Command::Idp(command) => idp::run(command).await,
        Command::Ca(command) => ca::run(command).await,
        Command::Connector(command) => connector::run(command).await,
        Command::Card(arguments) => card::run(arguments).await,
        Command::Eligibility(command) => eligibility::run(command).await,
        Command::Log(command) => log::run(command).await,
        Command::Deposit(command) => deposit::run(command).await,
        Command::Bench(arguments) => Box::pin(bench::run(arguments)).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("warifu: {error:#}");
            ExitCode::FAILURE
        }
    }
}
