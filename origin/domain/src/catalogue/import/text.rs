//! Finds out the encoding of a file: UTF-8, UTF-16 with a byte order mark, or else Windows-1252.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The file as UTF-8 with `\n` at the ends of its lines, and the name of the encoding that it had.
/// Lines of a UTF-8 file that are not UTF-8 stay as they are.
pub(in crate::catalogue) fn decode(file: &[u8]) -> (Cow<'_, [u8]>, &'static str) {
    let marked = Encoding::for_bom(file).map(|(encoding, mark)| (encoding, &file[mark..]));
    let (encoding, bytes) = marked.unwrap_or_else(|| (without_mark(file), file));
    let text = if encoding == UTF_8 {
        Cow::Borrowed(bytes)
    } else {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        Cow::Owned(text.into_owned().into_bytes())
    };
    (with_line_feeds(text), encoding.name())
}

/// A file with one wrong line among lines of UTF-8 is UTF-8; without such lines it is Windows-1252,
/// in which spreadsheets save, and in which every byte is a character.
fn without_mark(file: &[u8]) -> &'static Encoding {
    let mut lines = file.split(|byte| *byte == b'\n');
    let is_utf_8 = std::str::from_utf8(file).is_ok()
        || lines.any(|line| !line.is_ascii() && std::str::from_utf8(line).is_ok());
    if is_utf_8 { UTF_8 } else { WINDOWS_1252 }
}

fn with_line_feeds(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !text.contains(&b'\r') {
        return text;
    }
    let mut lines = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\r' if text.get(at + 1) == Some(&b'\n') => {}
            b'\r' => lines.push(b'\n'),
            other => lines.push(*other),
        }
    }
    Cow::Owned(lines)
}
