//! Reads the source of a template and refuses what a template has no need of.
//!
//! A template may show a variable, test one with `if` and loop over a list with `for`. Without
//! expressions it cannot be made to run or grow without end, every variable it names is checked before
//! it is used, also in branches that are seldom taken, and nothing turns the escaping off.

#[cfg(test)]
mod tests;

use domain::sentence::Language;

use crate::{
    markup::{Elements, styled},
    problem::{Cause, Problem},
    typography::printed,
};

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is shown.
    Text,
    /// It is shown, or is the address of `<a href="…">`.
    Link,
    /// It is tested with `if`.
    Flag,
    /// `for` repeats what stands around each of its texts.
    List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Html,
    Sms,
}

/// The source as the engine gets it: with printed typography, and the tags of HTML with their
/// styles.
pub(crate) fn prepared(
    source: &str,
    form: Form,
    language: Language,
    variables: &[(&'static str, Shape)],
) -> Result<String, Vec<Problem>> {
    let mut reader = Reader {
        variables,
        blocks: Vec::new(),
        elements: Elements::default(),
        problems: Vec::new(),
    };
    let mut prepared = String::with_capacity(source.len() * 2);
    let (mut rest, mut line) = (source, 1);
    while !rest.is_empty() {
        let piece = match next_piece(rest, form) {
            Ok(piece) => piece,
            Err(cause) => {
                reader.problems.push(cause.at(line));
                break;
            }
        };
        let (whole, after) = rest.split_at(piece.len());
        match piece {
            Piece::Text(text) => prepared.push_str(&printed(text, language)),
            Piece::Print { inner, .. } => {
                reader.print(inner, line);
                prepared.push_str(whole);
            }
            Piece::Statement { inner, .. } => {
                reader.statement(inner, line);
                prepared.push_str(whole);
            }
            Piece::Comment { .. } => {}
            Piece::Markup(tag) => prepared.push_str(&reader.markup(tag, line)),
        }
        line += whole.matches('\n').count();
        rest = after;
    }
    if let Some(open) = reader.elements.innermost() {
        reader.problems.push(Cause::Unclosed(open).anywhere());
    }
    if reader.problems.is_empty() {
        Ok(prepared)
    } else {
        Err(reader.problems)
    }
}

enum Piece<'s> {
    Text(&'s str),
    Print { whole: &'s str, inner: &'s str },
    Statement { whole: &'s str, inner: &'s str },
    Comment { whole: &'s str },
    Markup(&'s str),
}

impl Piece<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Text(whole)
            | Self::Print { whole, .. }
            | Self::Statement { whole, .. }
            | Self::Comment { whole }
            | Self::Markup(whole) => whole.len(),
        }
    }
}

/// The piece with which the source begins.
fn next_piece(source: &str, form: Form) -> Result<Piece<'_>, Cause> {
    let until = |open: &'static str, close: &str| {
        // `{%}` opens, and does not close.
        let inside = &source[open.len()..];
        let end = inside.find(close).ok_or(Cause::Unclosed(open))?;
        let whole = &source[..open.len() + end + close.len()];
        Ok((whole, inside[..end].trim_matches(is_filling)))
    };
    if source.starts_with("{{") {
        let (whole, inner) = until("{{", "}}")?;
        Ok(Piece::Print { whole, inner })
    } else if source.starts_with("{%") {
        let (whole, inner) = until("{%", "%}")?;
        Ok(Piece::Statement { whole, inner })
    } else if source.starts_with("{#") {
        let (whole, _) = until("{#", "#}")?;
        Ok(Piece::Comment { whole })
    } else if form == Form::Html && source.starts_with('<') {
        until("<", ">").map(|(whole, _)| Piece::Markup(whole))
    } else {
        let is_end = |at: usize| {
            let rest = &source[at..];
            ["{{", "{%", "{#"].iter().any(|open| rest.starts_with(open))
                || (form == Form::Html && rest.starts_with('<'))
        };
        let mut ends = source.char_indices().map(|(at, _)| at).skip(1);
        let end = ends.find(|at| is_end(*at)).unwrap_or(source.len());
        Ok(Piece::Text(&source[..end]))
    }
}

/// What may stand around the words in braces: spaces, and the signs that trim the text beside them.
fn is_filling(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '+')
}

/// An `if` or `for` that is open.
struct Block<'s> {
    variable: Option<&'s str>,
    /// How many elements of HTML were open where it began.
    depth: usize,
}

struct Reader<'s> {
    variables: &'s [(&'static str, Shape)],
    blocks: Vec<Block<'s>>,
    elements: Elements,
    problems: Vec<Problem>,
}

impl<'s> Reader<'s> {
    fn shape(&self, name: &str) -> Option<Shape> {
        let is_loop_variable = |block: &Block<'_>| block.variable == Some(name);
        if self.blocks.iter().any(is_loop_variable) {
            return Some(Shape::Text);
        }
        let mut known = self.variables.iter();
        known
            .find(|(known, _)| *known == name)
            .map(|(_, shape)| *shape)
    }

    fn print(&mut self, inner: &str, line: usize) {
        let cause = if inner.contains('|') {
            Cause::Filter(inner.into())
        } else if is_name(inner) {
            match self.shape(inner) {
                Some(Shape::Text | Shape::Link) => return,
                Some(Shape::Flag | Shape::List) => Cause::NotPrintable(inner.into()),
                None => Cause::UnknownVariable(inner.into()),
            }
        } else {
            Cause::NotAllowed(inner.into())
        };
        self.problems.push(cause.at(line));
    }

    fn statement(&mut self, inner: &'s str, line: usize) {
        let words: Vec<&'s str> = inner.split_whitespace().collect();
        let cause = match words.as_slice() {
            ["if", "not", name] | ["if", name] => {
                self.begin(None);
                self.tested(name)
            }
            ["elif", "not", name] | ["elif", name] => self.between().or(self.tested(name)),
            ["for", variable, "in", list] if is_name(variable) => {
                let cause = self.looped(variable, list);
                self.begin(Some(variable));
                cause
            }
            ["else"] => self.between(),
            ["endif" | "endfor"] => {
                let cause = self.between();
                self.blocks.pop();
                cause
            }
            _ => Some(Cause::NotAllowed(inner.into())),
        };
        self.problems.extend(cause.map(|cause| cause.at(line)));
    }

    fn begin(&mut self, variable: Option<&'s str>) {
        let depth = self.elements.depth();
        self.blocks.push(Block { variable, depth });
    }

    /// What is wrong at the end of a branch: it closes the elements that it opens, and no others.
    fn between(&self) -> Option<Cause> {
        // Without a block the engine says what is wrong.
        let begun = self.blocks.last()?.depth;
        let open = (self.elements.depth() > begun).then(|| self.elements.innermost());
        open.flatten().map(Cause::Unclosed)
    }

    fn tested(&self, name: &str) -> Option<Cause> {
        if !is_name(name) {
            Some(Cause::NotAllowed(name.into()))
        } else if self.shape(name).is_none() {
            Some(Cause::UnknownVariable(name.into()))
        } else {
            None
        }
    }

    fn looped(&self, variable: &str, list: &str) -> Option<Cause> {
        match self.shape(list) {
            // A loop's own name must not hide a variable.
            Some(Shape::List) if self.shape(variable).is_some() => {
                Some(Cause::NotAllowed(variable.into()))
            }
            Some(Shape::List) => None,
            Some(Shape::Text | Shape::Link | Shape::Flag) => Some(Cause::NotAList(list.into())),
            None if is_name(list) => Some(Cause::UnknownVariable(list.into())),
            None => Some(Cause::NotAllowed(list.into())),
        }
    }

    fn markup(&mut self, tag: &str, line: usize) -> String {
        let least = self.blocks.last().map_or(0, |block| block.depth);
        let is_link = |name: &str| self.shape(name) == Some(Shape::Link);
        let parsed = styled(tag, &is_link);
        let html = parsed.and_then(|parsed| self.elements.take(parsed, least));
        html.unwrap_or_else(|| {
            self.problems.push(Cause::Markup(tag.into()).at(line));
            String::new()
        })
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let is_first = |b: u8| b.is_ascii_lowercase();
    bytes.next().is_some_and(is_first)
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
