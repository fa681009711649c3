//! A source file as a flat list of tokens, without its tests.
//!
//! Tokens rather than a syntax tree: the arguments of a macro (`json!`, `select!`) stay tokens in a
//! tree, and the paths in them would be missed.

use std::iter::Peekable;
use std::vec::IntoIter;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// An identifier or a keyword.
    Word(String),
    /// `::`
    Separator,
    Mark(char),
    Open(Delimiter),
    Close(Delimiter),
    /// As it is written, with its quotes.
    Literal(String),
}

type Trees = Peekable<IntoIter<TokenTree>>;

pub(crate) fn read(source: &str) -> Result<Vec<Token>> {
    let stream: TokenStream = source
        .parse()
        .map_err(|error| anyhow!("it is not Rust: {error}"))?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    let mut trees: Trees = stream
        .into_iter()
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                match read_attributes(&mut trees) {
                    Attributes::OfTests => skip_item(&mut trees),
                    // `#![cfg(test)]`: all that is around it.
                    Attributes::OfTestsAround => return,
                    Attributes::Others(attributes) => {
                        for attribute in attributes {
                            into.push(Token::Mark('#'));
                            push(attribute, into);
                        }
                    }
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' && next_is(&mut trees, ':') => {
                trees.next();
                into.push(Token::Separator);
            }
            other => push(other, into),
        }
    }
}

fn push(tree: TokenTree, into: &mut Vec<Token>) {
    match tree {
        TokenTree::Group(group) => {
            into.push(Token::Open(group.delimiter()));
            flatten(group.stream(), into);
            into.push(Token::Close(group.delimiter()));
        }
        TokenTree::Ident(word) => {
            let word = word.to_string();
            into.push(Token::Word(word.trim_start_matches("r#").to_owned()));
        }
        TokenTree::Punct(mark) => into.push(Token::Mark(mark.as_char())),
        TokenTree::Literal(literal) => into.push(Token::Literal(literal.to_string())),
    }
}

enum Attributes {
    OfTests,
    OfTestsAround,
    Others(Vec<TokenTree>),
}

/// Reads all attributes of an item; the first `#` is already taken.
fn read_attributes(trees: &mut Trees) -> Attributes {
    let (mut others, mut of_tests) = (Vec::new(), false);
    loop {
        let inner = next_is(trees, '!');
        if inner {
            trees.next();
        }
        match trees.next() {
            Some(TokenTree::Group(group)) if inner && is_of_tests(&group.stream()) => {
                return Attributes::OfTestsAround;
            }
            Some(TokenTree::Group(group)) if is_of_tests(&group.stream()) => of_tests = true,
            Some(other) => others.push(other),
            None => break,
        }
        if !next_is(trees, '#') {
            break;
        }
        trees.next();
    }
    if of_tests {
        Attributes::OfTests
    } else {
        Attributes::Others(others)
    }
}

/// `cfg(test)`, `cfg(all(test, …))`, `test`, `tokio::test`; not `cfg(any(test, …))`, which is also
/// built for others.
fn is_of_tests(attribute: &TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    let path = text.split('(').next().unwrap_or_default();
    let all = text.strip_prefix("cfg(all(").unwrap_or_default();
    path == "test"
        || path.ends_with("::test")
        || text == "cfg(test)"
        || all
            .trim_end_matches(')')
            .split(',')
            .any(|one| one == "test")
}

/// What an item ends with.
struct Ends {
    marks: &'static [char],
    /// A group in braces ends it as well.
    with_braces: bool,
}

/// Skips an item, a field, a variant, an arm or a statement.
fn skip_item(trees: &mut Trees) {
    let ends = ends_of_item(trees);
    for tree in trees.by_ref() {
        match tree {
            TokenTree::Punct(mark) if ends.marks.contains(&mark.as_char()) => return,
            TokenTree::Group(group)
                if ends.with_braces && group.delimiter() == Delimiter::Brace =>
            {
                return;
            }
            _ => {}
        }
    }
}

/// Takes the first words of an item, until they tell what it is.
fn ends_of_item(trees: &mut Trees) -> Ends {
    let ends = |marks, with_braces| Ends { marks, with_braces };
    let mut constant = false;
    while let Some(tree) = trees.peek() {
        let word = match tree {
            TokenTree::Ident(word) => word.to_string(),
            // `(crate)` of `pub(crate)`.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => String::new(),
            // A statement that is a block.
            TokenTree::Group(_) => return ends(&[], true),
            TokenTree::Punct(_) | TokenTree::Literal(_) => return ends(&[',', ';'], false),
        };
        match word.as_str() {
            "" | "pub" => {}
            "const" => constant = true,
            "use" | "type" | "static" | "let" => return ends(&[';'], false),
            "mod" | "fn" | "struct" | "enum" | "union" | "trait" | "impl" | "unsafe" | "async"
            | "extern" | "macro_rules" => return ends(&[';'], true),
            _ if constant => return ends(&[';'], false),
            _ => return ends(&[',', ';'], false),
        }
        trees.next();
    }
    ends(&[';'], false)
}

fn next_is(trees: &mut Trees, mark: char) -> bool {
    matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == mark)
}
