//! A file of checks: sent, waited for, its answers fetched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use warifu_contract::batch::{BatchJob, BatchState};

use super::Connection;
use super::progress::Progress;
use super::relay::Relay;

/// How often is asked how far the job has come.
const LOOK: Duration = Duration::from_millis(500);

/// A file, and what to do with it.
#[derive(Debug, Args)]
pub struct Batch {
    /// CSV or XML, in CP932, UTF-8 or EUC-JP.
    file: PathBuf,
    #[command(flatten)]
    connection: Connection,
    /// 対象年月日 of lines that name none; today when absent.
    #[arg(long)]
    target_date: Option<Date>,
    /// Check the same lines once more for the end of the month, as before claims are made, and
    /// write those whose answer changed.
    #[arg(long)]
    recheck: bool,
    /// Which lines to write.
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// The file for the answers; otherwise NAME.result.EXTENSION beside the file.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Which lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Every line.
    All,
    /// Those whose answer differs from before.
    Changes,
    /// Those that are not valid.
    Errors,
}

impl Only {
    fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Changes => "changes",
            Self::Errors => "errors",
        }
    }
}

/// Sends, waits and fetches.
pub async fn run(batch: Batch) -> anyhow::Result<()> {
    let relay = batch.connection.relay()?;
    let sent = relay.send(&batch.file, batch.target_date).await?;
    let mut done = wait(&relay, sent).await?;
    if batch.recheck {
        let again = relay.recheck(&done.id, None).await?;
        done = wait(&relay, again).await?;
    }
    let usual = if batch.recheck { Only::Changes } else { Only::All };
    let out = batch.out.clone().unwrap_or_else(|| beside(&batch.file));
    relay.fetch(&done.id, batch.only.unwrap_or(usual).word(), &out).await?;
    if batch.connection.json {
        return Ok(crate::cli::print(&(serde_json::to_string_pretty(&done)? + "\n"))?);
    }
    Ok(crate::cli::print(&format!("{}\n", out.display()))?)
}

/// Waits until the job is done. Whoever stops waiting stops nothing: the job goes on.
async fn wait(relay: &Relay, mut job: BatchJob) -> anyhow::Result<BatchJob> {
    let mut progress = Progress::new()?;
    let ended = async {
        loop {
            progress.show(&job);
            if job.state.is_over() {
                return Ok::<_, anyhow::Error>(());
            }
            tokio::time::sleep(LOOK).await;
            job = relay.job(&job.id).await?;
        }
    };
    tokio::select! {
        ended = ended => ended?,
        _ = tokio::signal::ctrl_c() => {
            bail!("stopped waiting; the job goes on. Run the command again to wait for it")
        }
    }
    progress.end();
    match job.state {
        BatchState::Done => Ok(job),
        BatchState::Refused => {
            let code = job.refusal.as_deref().unwrap_or("for no known reason");
            bail!("the file was refused: {code}")
        }
        _ => bail!("the job was cancelled"),
    }
}

/// `checks.csv` becomes `checks.result.csv`.
fn beside(file: &Path) -> PathBuf {
    match file.extension() {
        Some(extension) => file.with_extension("result").with_added_extension(extension),
        None => file.with_added_extension("result"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_stand_beside_the_file() {
        assert_eq!(beside(Path::new("a/checks.csv")), Path::new("a/checks.result.csv"));
        assert_eq!(beside(Path::new("checks")), Path::new("checks.result"));
    }
}
