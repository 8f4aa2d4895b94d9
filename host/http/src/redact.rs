//! Keeps what opens doors out of messages: users, passwords and signed queries in
//! addresses.

use reqwest::Url;

/// An address for people: no user, no password, and of the query only that there is one.
pub fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // These fail for addresses that can hold no user at all.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if shown.query().is_some_and(|query| !query.is_empty()) {
        shown.set_query(Some("…"));
        return shown.as_str().replace("%E2%80%A6", "…");
    }
    shown.into()
}

/// A text of another program's without users and passwords in its addresses.
pub fn text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let authority = after
            .find(|c: char| c.is_whitespace() || "/?#'\"`<>".contains(c))
            .unwrap_or(after.len());
        let kept = after[..authority].rfind('@').map_or(0, |user| user + 1);
        rest = &after[kept..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_are_left_out() {
        for (given, expected) in [
            ("no address", "no address"),
            (
                "see https://user:secret@host.example/a?b and http://t@h/",
                "see https://host.example/a?b and http://h/",
            ),
            ("https://host/a@b", "https://host/a@b"),
            ("'https://__token__:****@host:80'", "'https://host:80'"),
            ("https://a:p@ss@host/", "https://host/"),
        ] {
            assert_eq!(text(given), expected);
        }
    }

    #[test]
    fn a_shown_address_has_neither_user_nor_query() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(
            shown(&url("https://u:p@host.example/a.zip?X-Signature=1#f")),
            "https://host.example/a.zip?…"
        );
        assert_eq!(
            shown(&url("https://host.example/a")),
            "https://host.example/a"
        );
    }
}
