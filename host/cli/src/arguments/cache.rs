//! The words of `orch cache`.

use std::time::Duration;

use clap::Subcommand;

use crate::quantity;

/// `orch cache …`
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Say what lies in the cache, and what it takes.
    #[command(after_help = "Example:\n  orch cache stats")]
    Stats,
    /// Read everything in the store, and set aside what is damaged.
    #[command(after_help = "\
Example:
  orch cache verify

Exits with 0 when all is good, and with 1 when something was damaged: a disk that changes files
deserves a look, although the next run makes anew what was lost.")]
    Verify,
    /// Remove what was not used for long.
    #[command(after_help = "\
Examples:
  orch cache gc
  orch cache gc --older-than 7d --keep 10GB
  orch cache gc --dry-run")]
    Gc {
        /// Remove what was not used for this long: `12h`, `30d`, `8w`.
        #[arg(long, value_name = "AGE", default_value = "30d", value_parser = quantity::age)]
        older_than: Duration,
        /// Then go on with the least recently used results until they take no more than this:
        /// `500MB`, `10GB`.
        #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
        keep: Option<u64>,
        /// Say what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}
