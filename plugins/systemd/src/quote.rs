//! How texts stand in a unit so that systemd reads them back as they were: the rules are those of
//! systemd.syntax(7), "Quoting", and systemd.service(5), "Command lines". What is made here is
//! contract text: the host finds no placeholder in it.

use orch_plugin::deployer::literal;

/// One word of `ExecStart=`. `$` is doubled, or systemd would put variables in.
pub(crate) fn argument(text: &str) -> String {
    word(&text.replace('$', "$$"))
}

/// One assignment of `Environment=`, where `$` means nothing.
pub(crate) fn assignment(name: &str, value: &str) -> String {
    word(&format!("{name}={value}"))
}

/// One word of a list, such as a path.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=,+-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // A specifier begins with it, in quotes too.
            '%' => quoted += "%%",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if c.is_ascii_control() => quoted += &format!("\\x{:02x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    literal(&quoted)
}
