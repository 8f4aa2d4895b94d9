//! Whether a file goes as far as its headers say.

/// Refuses a file that ends before a `part` of it does: a segment, a section.
pub(crate) fn check_end(part: &str, offset: u64, bytes: u64, data: &[u8]) -> Result<(), String> {
    let end = offset.saturating_add(bytes);
    if end <= data.len() as u64 {
        return Ok(());
    }
    Err(format!(
        "is cut short: a {part} ends at byte {end}, the file at byte {}",
        data.len()
    ))
}
