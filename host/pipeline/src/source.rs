//! From the bytes of a file to text that diagnostics can point into. Who read the bytes,
//! and what the text means, is not known here.

use orch_model::{Fault, SourceText};

/// The largest pipeline file that is looked at.
pub const MAXIMUM_BYTES: usize = 16 << 20;

/// The text of a pipeline file. `name` is its path as the user named it.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<SourceText, Fault> {
    if bytes.len() > MAXIMUM_BYTES {
        return Err(Fault::usage(format!(
            "`{name}` is {} bytes long; a pipeline file has at most {MAXIMUM_BYTES} (16 MiB)",
            bytes.len()
        ))
        .hint("is it the right file?"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceText {
            name: name.to_owned(),
            text: text.into(),
        }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let before = &error.as_bytes()[..offset];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let byte = error.as_bytes()[offset];
            Err(Fault::usage(format!(
                "`{name}` is not UTF-8 text: line {line} holds the byte 0x{byte:02x} (at offset {offset})"
            ))
            .hint("save the file as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_is() {
        let source = read("pipeline.toml", b"version = 1\n".to_vec()).unwrap();
        assert_eq!(
            (source.name.as_str(), &*source.text),
            ("pipeline.toml", "version = 1\n")
        );
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_named() {
        let fault = read("p.toml", b"a = 1\nb = \"\xff\"\n".to_vec()).unwrap_err();
        assert_eq!(
            fault.message,
            "`p.toml` is not UTF-8 text: line 2 holds the byte 0xff (at offset 11)"
        );
    }

    #[test]
    fn a_file_of_unlikely_size_is_refused() {
        assert!(read("p.toml", vec![b'#'; MAXIMUM_BYTES]).is_ok());
        let fault = read("p.toml", vec![b'#'; MAXIMUM_BYTES + 1]).unwrap_err();
        assert_eq!(fault.kind, orch_model::FaultKind::Usage);
        assert!(fault.message.contains("16 MiB"), "{fault}");
    }
}
