//! Finds the kind and name of a document's one operation, which Relay's manifests lack. This is not
//! a full GraphQL parser: the compiler later refuses documents that are read wrongly here.

use super::OperationKind;

/// The kind and name, if the text has exactly one operation and it is named.
pub(super) fn of_document(text: &str) -> Option<(OperationKind, String)> {
    let mut tokens = Tokens { rest: text };
    let mut found = None;
    let mut nesting = 0_usize;
    while let Some(token) = tokens.next() {
        match token {
            Token::Open => {
                // A selection set that no keyword announced: an anonymous query.
                if nesting == 0 && found.is_none() {
                    return None;
                }
                nesting += 1;
            }
            Token::Close => nesting = nesting.checked_sub(1)?,
            Token::Other => {}
            Token::Name(_) if nesting > 0 => {}
            Token::Name("fragment") => skip_fragment(&mut tokens, &mut nesting)?,
            Token::Name(word) => {
                let Some(kind) = kind_of(word) else { continue };
                let Some(Token::Name(name)) = tokens.next() else {
                    return None;
                };
                if found.replace((kind, name.to_owned())).is_some() {
                    return None;
                }
            }
        }
    }
    found
}

fn kind_of(word: &str) -> Option<OperationKind> {
    match word {
        "query" => Some(OperationKind::Query),
        "mutation" => Some(OperationKind::Mutation),
        "subscription" => Some(OperationKind::Subscription),
        _ => None,
    }
}

/// Skips a whole fragment, because its name and type may look like keywords.
fn skip_fragment(tokens: &mut Tokens<'_>, nesting: &mut usize) -> Option<()> {
    let outside = *nesting;
    let mut entered = false;
    loop {
        match tokens.next()? {
            Token::Open => {
                entered = true;
                *nesting += 1;
            }
            Token::Close => *nesting = nesting.checked_sub(1)?,
            Token::Name(_) | Token::Other => {}
        }
        // The parentheses of a directive's arguments close too, but they do not end the fragment:
        // another directive or the selection set follows.
        if entered && *nesting == outside && !tokens.continues_definition() {
            return Some(());
        }
    }
}

enum Token<'a> {
    Open,
    Close,
    Name(&'a str),
    Other,
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_ignored();
        let first = self.rest.chars().next()?;
        let (token, length) = match first {
            '{' | '(' | '[' => (Token::Open, 1),
            '}' | ')' | ']' => (Token::Close, 1),
            '"' => (Token::Other, string_length(self.rest)),
            '_' | 'a'..='z' | 'A'..='Z' => {
                let length = self
                    .rest
                    .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
                    .unwrap_or(self.rest.len());
                (Token::Name(&self.rest[..length]), length)
            }
            other => (Token::Other, other.len_utf8()),
        };
        self.rest = &self.rest[length..];
        Some(token)
    }

    fn skip_ignored(&mut self) {
        loop {
            self.rest = self
                .rest
                .trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
            let Some(comment) = self.rest.strip_prefix('#') else {
                return;
            };
            let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
            self.rest = &comment[end..];
        }
    }

    /// Whether the definition goes on, with another directive or a selection set.
    fn continues_definition(&mut self) -> bool {
        self.skip_ignored();
        self.rest.starts_with('@') || self.rest.starts_with('{')
    }
}

/// The length in bytes of the string, or block string, that the text starts with.
fn string_length(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let mut from = 0;
        while let Some(at) = block[from..].find("\"\"\"") {
            let end = from + at;
            if !block[..end].ends_with('\\') {
                return end + 6;
            }
            from = end + 3;
        }
        return text.len();
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_named_operation_is_found() {
        let cases = [
            ("query A { x }", OperationKind::Query, "A"),
            (
                "# mutation B\nmutation C { x }",
                OperationKind::Mutation,
                "C",
            ),
            (
                "subscription D($a: I = {query: \"}\"}) { x }",
                OperationKind::Subscription,
                "D",
            ),
            (
                "fragment query on mutation @a(b: 1) { x } query E { x }",
                OperationKind::Query,
                "E",
            ),
            (
                "query F @a(b: {c: 1}) { mutation } fragment G on H { query }",
                OperationKind::Query,
                "F",
            ),
            (
                "query H { a(b: \"\"\" \\\"\"\" query Z { \"\"\") }",
                OperationKind::Query,
                "H",
            ),
        ];
        for (text, kind, name) in cases {
            assert_eq!(of_document(text), Some((kind, name.to_owned())), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_guessed() {
        for text in [
            "",
            "{ x }",
            "query { x }",
            "query A { x } query B { x }",
            "fragment A on B { x }",
            "} query A { x }",
            "fragment A on B",
        ] {
            assert_eq!(of_document(text), None, "{text}");
        }
    }
}
