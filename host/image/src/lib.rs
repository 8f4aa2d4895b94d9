//! OCI images without a daemon: writes them from files of this machine, the same bytes on
//! every one, and brings them to registries.
//!
//! Owns the formats of images and the talk with registries. Deliberately knows no pipeline, no
//! plugin and no engine, reads no variable of the process's environment (only the certificate
//! loader looks at `SSL_CERT_FILE` and `SSL_CERT_DIR` itself), and says nothing to a terminal.
//!
//! ```text
//! Image ─assemble→ Layout on disk ─push→ registry
//!   └ Base ←pull─ registry                 └ layers of the base: mounted, or copied
//! ```

mod assemble;
mod base;
mod blobs;
mod certificates;
mod compression;
mod credentials;
mod description;
mod document;
mod hashing;
mod layer;
mod layout;
mod platform;
mod reference;
mod registry;
mod time_zones;

pub use base::Base;
pub use certificates::certificates;
pub use credentials::CredentialSources;
pub use description::{
    Compression, Content, Entry, Image, ImagePath, Layer, Owner, Port, Process, Protocol, Variant,
};
pub use document::Descriptor;
pub use layout::{Layout, LayoutVariant};
pub use orch_http::Mirror;
pub use platform::Platform;
pub use reference::{PinnedImage, Repository, Tag};
pub use registry::{Patience, Push, Pushed, Registry, RegistrySettings, Transfer};
pub use time_zones::time_zones;

/// Asked from time to time whether the user wants to stop.
pub type Cancelled<'a> = &'a (dyn Fn() -> bool + Sync);
