//! A talk with one repository: shows the right credentials to the right server, follows
//! redirects, tries again what may pass, and says what an answer means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::HeaderValue;
use reqwest::{Response, StatusCode, Url};

use super::Registry;
use super::address::{Purpose, is_same_server, root, server, shown};
use super::answer::{complaint, is_redirect, leads_to, meaning, told_to_wait};
use super::attempts::Attempts;
use super::challenge;
use super::client::Ask;
use super::token::{Shown, authorization};
use super::trouble::Trouble;
use crate::reference::Repository;

const REDIRECTS: usize = 5;
/// The most that is read of an answer that says what went wrong.
const COMPLAINT_BYTES: u64 = 64 << 10;
/// The most that is told of it.
const COMPLAINT_SHOWN: usize = 200;

/// A talk with one repository. May be held by several threads at once.
pub(super) struct Session<'a> {
    pub(super) registry: &'a Registry,
    /// The address below which all of the repository lies.
    root: Url,
    /// The repository's name within the registry.
    path: String,
    /// What a token must allow.
    scopes: Vec<String>,
    /// Whether the registry ever answered: then one that is gone may come back.
    was_there: AtomicBool,
    /// What was shown last, since the registry asked for it.
    shown: Mutex<Option<Shown>>,
    /// Held while that is found out.
    introduction: tokio::sync::Mutex<()>,
}

impl<'a> Session<'a> {
    /// A talk for a purpose; from the other repositories blobs may be mounted.
    pub(super) fn new(
        registry: &'a Registry,
        repository: &Repository,
        purpose: Purpose,
        others: &[&Repository],
    ) -> Result<Self, Trouble> {
        let rights = match purpose {
            Purpose::Pull => "pull",
            Purpose::Push => "pull,push",
        };
        let mut scopes = vec![format!("repository:{}:{rights}", repository.path())];
        let others = others.iter().map(|other| other.path());
        scopes.extend(others.map(|path| format!("repository:{path}:pull")));
        Ok(Self {
            registry,
            root: root(repository, purpose, &registry.settings)?,
            path: repository.path().to_owned(),
            scopes,
            was_there: AtomicBool::new(false),
            shown: Mutex::new(None),
            introduction: tokio::sync::Mutex::new(()),
        })
    }

    /// An address of the repository, `blobs/sha256:…`.
    pub(super) fn url(&self, below: &str) -> Result<Url, Trouble> {
        // Its colon would make a scheme of what stands before it.
        self.root
            .join(&format!("./{below}"))
            .map_err(|error| Trouble::Final(format!("`{below}` makes no address: {error}")))
    }

    /// Attempts at one thing, as patient as the user is.
    pub(super) fn attempts(&self) -> Attempts {
        Attempts::new(self.registry.settings.patience)
    }

    /// Asks until a good answer comes, or it is clear that none will.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Response, Trouble> {
        let mut attempts = self.attempts();
        loop {
            match self.ask_once(ask).await {
                Err(Trouble::Passing(why, wait)) => attempts.wait(why, wait).await?,
                end => return end,
            }
        }
    }

    /// Asks once; any answer but a good one is trouble.
    pub(super) async fn ask_once(&self, ask: &Ask) -> Result<Response, Trouble> {
        let mut url = ask.url.clone();
        let mut has_shown = false;
        for _ in 0..=REDIRECTS {
            let known = self.shown_to(&url);
            let response = self.send(ask, &url, known.clone()).await?;
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED && !has_shown && is_same_server(&url, &self.root)
            {
                self.introduce(&response, known).await?;
                has_shown = true;
            } else if is_redirect(&ask.method, status) {
                url = leads_to(&url, response.headers())?;
            } else {
                return self.judged(response).await;
            }
        }
        Err(Trouble::Final(format!(
            "`{}` redirects more than {REDIRECTS} times",
            shown(&ask.url)
        )))
    }

    /// Sends a request. Credentials are for the registry alone: neither a redirect nor the
    /// address of an upload takes them to another server.
    async fn send(
        &self,
        ask: &Ask,
        url: &Url,
        known: Option<HeaderValue>,
    ) -> Result<Response, Trouble> {
        let sent = self.registry.client.send(ask, url, known).await;
        match sent {
            Ok(answer) => {
                self.was_there.store(true, Ordering::Relaxed);
                Ok(answer)
            }
            Err(Trouble::Unreachable(why)) if self.was_there.load(Ordering::Relaxed) => {
                Err(Trouble::Passing(why, None))
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// What is shown to the server of an address.
    fn shown_to(&self, url: &Url) -> Option<HeaderValue> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = shown.as_ref().filter(|_| is_same_server(url, &self.root));
        shown.map(|shown| shown.header.clone())
    }

    /// Finds out what the registry wants to be shown, one thread at a time: whoever waited for
    /// another one has it then, and the user is asked to unlock a keychain once.
    async fn introduce(
        &self,
        refusal: &Response,
        known: Option<HeaderValue>,
    ) -> Result<(), Trouble> {
        let _alone = self.introduction.lock().await;
        if self.shown_to(refusal.url()) != known {
            return Ok(());
        }
        let challenge = challenge::of(refusal.headers()).ok_or_else(|| {
            let shown = shown(refusal.url());
            Trouble::Barred(
                format!(
                    "`{shown}` wants credentials, and does not say in which form it takes them"
                ),
                self.remedy(),
            )
        })?;
        let credentials = &self.registry.settings.credentials;
        let found = credentials.find(&server(&self.root), &self.path).await?;
        let fresh = authorization(self, &challenge, found).await?;
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(())
    }

    /// A good answer, or what another one means.
    async fn judged(&self, response: Response) -> Result<Response, Trouble> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wait = told_to_wait(response.headers());
        let url = response.url().clone();
        let said = format!("`{}` answered {status}", shown(&url));
        let said = said + &self.complaint(response).await;
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.barred(&url, said),
            status => meaning(status, said, wait),
        })
    }

    fn barred(&self, url: &Url, said: String) -> Trouble {
        if !is_same_server(url, &self.root) {
            return Trouble::Barred(
                said,
                "the registry sent the request there: ask whoever runs it".into(),
            );
        }
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let whose = match shown.as_ref().and_then(|shown| shown.from.as_ref()) {
            Some(file) => format!("{said}, for the credentials from `{}`", file.display()),
            None => format!("{said}, and no credentials for it were found"),
        };
        drop(shown);
        Trouble::Barred(whose, self.remedy())
    }

    /// What to do where the registry does not let the user in.
    pub(super) fn remedy(&self) -> String {
        let server = server(&self.root);
        let files = &self.registry.settings.credentials.files;
        let files: Vec<String> = files
            .iter()
            .map(|file| format!("`{}`", file.display()))
            .collect();
        let looked = match files.as_slice() {
            [] => String::new(),
            files => format!("; they are looked for in {}", files.join(" and ")),
        };
        format!(
            "`docker login {server}` or `podman login {server}` with a user who has the right to \
             `{}`{looked}",
            self.scopes[0]
        )
    }

    /// What a registry says of an error, by the form that the specification gives it. What was
    /// shown to it is left out, should it say that back.
    async fn complaint(&self, response: Response) -> String {
        let Ok(bytes) = self.registry.client.whole(response, COMPLAINT_BYTES).await else {
            return String::new();
        };
        let Some(text) = complaint(&bytes) else {
            return String::new();
        };
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.iter().any(|shown| shown.is_told_by(&text)) {
            return String::new();
        }
        let text: String = text.chars().take(COMPLAINT_SHOWN).collect();
        format!(" ({text})")
    }

    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    pub(super) fn root(&self) -> &Url {
        &self.root
    }
}
