//! Brings bytes onto the machine and proves what they are: documents for plugins,
//! files of package registries, and toolchains, downloaded, verified and unpacked.
//!
//! Owns the folders `downloads`, `toolchains` and `locks` of the cache. Deliberately
//! knows no plugin, pipeline or terminal, reads no variable of the process's environment
//! (only the certificate loader looks at `SSL_CERT_FILE` and `SSL_CERT_DIR` itself), and
//! unpacks nothing whose digest it has not checked.

mod address;
mod apt;
mod apt_lists;
mod cache;
mod client;
mod command;
mod document;
mod download;
mod fetcher;
mod install;
mod last_use;
mod lock;
mod package;
mod partial;
mod pip;
mod proxy;
mod purl;
mod settings;
mod tree;
mod trouble;
mod unpack;
mod wheel;

pub use cache::InstalledRelease;
pub use fetcher::Fetcher;
pub use orch_http::Mirror;
pub use settings::{FetchSettings, Patience};
pub use trouble::UNREACHABLE;
