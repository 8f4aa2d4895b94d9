//! `health` of a deploy: when a machine counts as healthy. How it is asked is not known here.

use orch_model::{Check, Diagnostic, Health, HealthCheck, Span, Spanned};

use crate::address::{HttpText, PortText, ServerText};
use crate::command::{self, CommandText};
use crate::number::{Number, Whole};
use crate::problems::Problems;
use crate::table::{Inline, table};
use crate::text::{DurationText, WordText};

/// How long checks may take to hold where the pipeline does not say.
const WITHIN_MS: u64 = 30_000;

/// What an HTTP server answers where all is well.
const OK: u32 = 200;

table! {
    /// When a machine counts as healthy; what is asked here must hold beside what the deployer asks.
    RawHealth {
        /// A URL of plain HTTP that the machine is to answer, asked from the machine itself.
        http: Spanned<HttpText> = "http";
        /// The status that it answers with; 200 if it is left out.
        status: Spanned<Whole<100, 599>> = "status";
        /// A host and a port that take connections, asked from the machine itself.
        tcp: Spanned<PortText> = "tcp";
        /// A program with its arguments that exits with 0 on the machine.
        command: Spanned<CommandText<WordText>> = "command";
        /// A query that a Prometheus server answers, asked from where `orch` runs.
        prometheus: Inline<RawPrometheus> = "prometheus";
        /// How long all of it may take to hold at first; 30 seconds if it is left out.
        within: DurationText = "within";
        /// How long all of it must go on holding; not at all if it is left out.
        soak: DurationText = "soak";
    }
}

table! {
    /// An instant query. It must have an answer, and each sample of that must lie within the bounds.
    RawPrometheus {
        /// The server's address.
        url: Spanned<ServerText> = "url", required "url = \"http://prometheus:9090\"";
        /// What is asked, in PromQL; may hold `${host.name}`.
        query: Spanned<WordText> = "query", required "query = \"up\"";
        /// The largest value that is healthy.
        at_most: Spanned<Number> = "at-most";
        /// The smallest value that is healthy.
        at_least: Spanned<Number> = "at-least";
    }
}

/// What the checks are made of, with the place of each text that may hold placeholders.
pub(crate) type Texts = Vec<(String, Span)>;

/// The checks, and their texts.
pub(crate) fn health(
    wanting: &str,
    raw: Option<RawHealth>,
    problems: &mut Problems,
) -> (Health, Texts) {
    let raw = raw.unwrap_or_default();
    let mut texts = Texts::new();
    let mut checks = Vec::new();
    if let Some(status) = raw.status.as_ref().filter(|_| raw.http.is_none())
        && !raw.unreadable.contains(&"http")
    {
        let message = format!("the health of {wanting} has a `status`, but no `http`");
        problems.add(
            Diagnostic::error(message, status.span.clone()).hint(
                "add the URL that answers with it, as in `http = \"http://127.0.0.1:8080/\"`",
            ),
        );
    }
    if let Some(url) = raw.http {
        let status = raw.status.map_or(OK, |status| status.value.0);
        checks.push(HealthCheck::Machine(Check::Http {
            status: status as u16, // at most 599, as `Whole` saw to
            url: url.value.0.clone(),
        }));
        texts.push((url.value.0, url.span));
    }
    if let Some(port) = raw.tcp {
        checks.push(HealthCheck::Machine(Check::Tcp(port.value.0.clone())));
        texts.push((port.value.0, port.span));
    }
    if let Some(command) = raw.command {
        let words = command::words(&format!("the health of {wanting}"), command, problems).value;
        let plain = words.iter().map(|word| word.value.clone()).collect();
        checks.push(HealthCheck::Machine(Check::Command(plain)));
        texts.extend(words.into_iter().map(|word| (word.value, word.span)));
    }
    if let Some(Inline(prometheus)) = raw.prometheus {
        checks.extend(query(wanting, prometheus, &mut texts, problems));
    }
    let health = Health {
        checks,
        within_ms: raw.within.map_or(WITHIN_MS, |within| within.0),
        soak_ms: raw.soak.map_or(0, |soak| soak.0),
    };
    (health, texts)
}

fn query(
    wanting: &str,
    raw: RawPrometheus,
    texts: &mut Texts,
    problems: &mut Problems,
) -> Option<HealthCheck> {
    if let (Some(most), Some(least)) = (&raw.at_most, &raw.at_least)
        && least.value.0 > most.value.0
    {
        let message = format!("nothing is healthy by the Prometheus query of {wanting}");
        problems.add(
            Diagnostic::error(message, least.span.clone())
                .label("at least this")
                .also(most.span.clone(), "and at most this")
                .hint("`at-least` is the smaller one"),
        );
    }
    let (url, query) = (raw.url?, raw.query?);
    texts.push((url.value.0.clone(), url.span));
    texts.push((query.value.0.clone(), query.span));
    Some(HealthCheck::Prometheus {
        url: url.value.0,
        query: query.value.0,
        at_most: raw.at_most.map(|bound| bound.value.0),
        at_least: raw.at_least.map(|bound| bound.value.0),
    })
}
