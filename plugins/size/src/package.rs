//! The package, namespace or crate that a symbol belongs to.

/// Where symbols are counted that belong to none.
const NONE: &str = "C";

/// Go: `net/http.(*Client).Do` is of `net/http`. Rust and C++, once demangled: `core::fmt::write`
/// is of `core`.
pub(crate) fn package(symbol: &str) -> &str {
    if let Some((first, _)) = symbol.split_once("::") {
        return first.trim_start_matches('<');
    }
    // The arguments of a generic function hold paths of their own.
    let plain = symbol.split('[').next().unwrap_or(symbol);
    let (path, last) = match plain.rfind('/') {
        Some(slash) => plain.split_at(slash + 1),
        None => ("", plain),
    };
    match last.split_once('.') {
        Some((name, rest)) if !name.is_empty() && !rest.is_empty() => {
            &symbol[..path.len() + name.len()]
        }
        _ => NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_every_language() {
        for (symbol, expected) in [
            ("net/http.(*Client).Do", "net/http"),
            ("main.main", "main"),
            ("example.test/x/y.Z", "example.test/x/y"),
            ("slices.Sort[go.shape.string/a.B]", "slices"),
            ("core::fmt::write", "core"),
            ("memcpy", "C"),
            (".hidden", "C"),
            ("", "C"),
        ] {
            assert_eq!(package(symbol), expected, "{symbol}");
        }
    }
}
