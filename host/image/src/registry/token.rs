//! What is shown to a registry: the user's password, or a token that another server gives for
//! it, by the specification of docker's token authentication.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orch_model::Fault;
use reqwest::header::HeaderValue;
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;

use super::address::{named, shown};
use super::answer::judged_by_status;
use super::challenge::Challenge;
use super::client::Ask;
use super::session::Session;
use super::trouble::Trouble;
use crate::credentials::{Credentials, Found};

/// The largest answer of a server of tokens.
const TOKEN_BYTES: u64 = 1 << 20;

/// What is shown to a registry.
pub(super) struct Shown {
    /// The value of `Authorization`.
    pub(super) header: HeaderValue,
    /// The file of the user's that it comes from; nothing for what everybody gets.
    pub(super) from: Option<PathBuf>,
    /// What must not be told: the password, and the token that was given for it.
    secrets: Vec<String>,
}

impl Shown {
    /// Whether a text holds something of it that must not be told.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        let mut secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        secrets.any(|secret| text.contains(secret.as_str()))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

/// What answers a challenge.
pub(super) async fn authorization(
    session: &Session<'_>,
    challenge: &Challenge,
    found: Option<Found>,
) -> Result<Shown, Trouble> {
    let from = found.as_ref().map(|found| found.file.clone());
    let credentials = found.map(|found| found.credentials);
    match challenge {
        Challenge::Basic => {
            let Some(Credentials::Password { user, password }) = credentials else {
                let shown = shown(session.root());
                return Err(Trouble::Barred(
                    format!("`{shown}` wants a user and a password, and none were found"),
                    session.remedy(),
                ));
            };
            let header = basic(&user, &password);
            Ok(Shown {
                header: secret_header(&header)?,
                from,
                secrets: vec![password, header["Basic ".len()..].to_owned()],
            })
        }
        Challenge::Bearer {
            realm,
            service,
            scope,
        } => {
            let realm = named(session.root(), realm)?;
            let ask = token_request(session, realm, service, scope, credentials.as_ref())?;
            let token = token(session, &ask, from.as_ref()).await?;
            let mut secrets = vec![token.clone()];
            secrets.extend(credentials.map(|known| known.secret().to_owned()));
            Ok(Shown {
                header: secret_header(&format!("Bearer {token}"))?,
                from,
                secrets,
            })
        }
    }
}

/// The request for a token: all that the session needs, beside what the registry asks for.
fn token_request(
    session: &Session<'_>,
    mut realm: Url,
    service: &Option<String>,
    scope: &Option<String>,
    credentials: Option<&Credentials>,
) -> Result<Ask, Trouble> {
    let mut scopes = session.scopes().to_vec();
    scopes.extend(
        scope
            .iter()
            .filter(|scope| !session.scopes().contains(scope))
            .cloned(),
    );
    if let Some(Credentials::Identity(token)) = credentials {
        // A form is written like a query.
        let mut form = Url::parse("http://form.invalid/").map_err(|error| {
            Trouble::Final(format!("no form for a token could be made: {error}"))
        })?;
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", "orch")
            .append_pair("service", service.as_deref().unwrap_or_default())
            .append_pair("scope", &scopes.join(" "))
            .append_pair("refresh_token", token);
        let form = form.query().unwrap_or_default().as_bytes().to_vec();
        return Ask::carrying(
            Method::POST,
            realm,
            "application/x-www-form-urlencoded",
            form,
        );
    }
    {
        let mut query = realm.query_pairs_mut();
        query.extend_pairs(service.iter().map(|service| ("service", service)));
        query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
    }
    let mut ask = Ask::new(Method::GET, realm);
    if let Some(Credentials::Password { user, password }) = credentials {
        let header = secret_header(&basic(user, password))?;
        ask.headers.insert(reqwest::header::AUTHORIZATION, header);
    }
    Ok(ask)
}

async fn token(
    session: &Session<'_>,
    ask: &Ask,
    from: Option<&PathBuf>,
) -> Result<String, Trouble> {
    let response = answer(session, ask, from).await?;
    let url = response.url().clone();
    let bytes = session.registry.client.whole(response, TOKEN_BYTES).await?;
    let answer = serde_json::from_slice(&bytes).ok();
    let token = answer.map(|answer: Answer| match answer.token.is_empty() {
        true => answer.access_token,
        false => answer.token,
    });
    token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Trouble::Final(format!("`{}` answered without a token", shown(&url))))
}

/// A good answer of the server of tokens, which is not sent on to others: what it is shown is
/// for it alone.
async fn answer(
    session: &Session<'_>,
    ask: &Ask,
    from: Option<&PathBuf>,
) -> Result<Response, Trouble> {
    let mut attempts = session.attempts();
    loop {
        let response = session.registry.client.send(ask, &ask.url, None).await?;
        let refused = matches!(
            response.status(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST
        );
        if refused {
            let (shown, status) = (shown(&ask.url), response.status());
            let whose = match from {
                Some(file) => format!("for the credentials from `{}`", file.display()),
                None => "and no credentials for the registry were found".to_owned(),
            };
            return Err(Trouble::Barred(
                format!("`{shown}` answered {status} when asked for a token, {whose}"),
                session.remedy(),
            ));
        }
        match judged_by_status(response) {
            Err(Trouble::Passing(why, wait)) => attempts.wait(why, wait).await?,
            end => return end,
        }
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A header whose value is not shown in debug prints.
fn secret_header(text: &str) -> Result<HeaderValue, Trouble> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Trouble::Machine(Fault::fetch(
            "credentials hold a character that no header can",
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
