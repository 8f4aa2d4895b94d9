//! The plugins that are inside the `orch` binary, as components. It knows their names and
//! bytes and nothing else: loading, checking and granting is the plugin host's work.

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));

/// A plugin inside the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// Its name, the same as its manifest's.
    pub id: &'static str,
    /// `sha256:` and the hexadecimal digest of its component, taken when it was built: a
    /// program that wants to tell its plugins from others need not read them.
    pub digest: &'static str,
    /// The component, manifest included.
    pub component: &'static [u8],
}
