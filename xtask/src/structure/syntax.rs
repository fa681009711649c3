//! What a file says of others: the modules it declares, what it `use`s, and the paths it writes.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::Delimiter;

use super::tokens::{self, Token};

/// The segments of a path as they are written; a leading `::` is a segment of its own.
pub(crate) type Path = Vec<String>;

/// Words before the name of an item.
const ITEMS: &[&str] = &[
    "const", "enum", "fn", "static", "struct", "trait", "type", "union",
];

#[derive(Debug, Default)]
pub(crate) struct ModuleText {
    pub(crate) children: Vec<Child>,
    pub(crate) uses: Vec<Use>,
    /// What it declares itself: structs, functions and so on.
    pub(crate) items: BTreeSet<String>,
    /// All paths with two segments or more, but those of `uses`.
    pub(crate) paths: Vec<Path>,
}

#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    /// What `#[path = "…"]` says.
    pub(crate) file: Option<String>,
    /// Its text, if it is not a file of its own.
    pub(crate) inline: Option<ModuleText>,
}

/// One name of a `use`; `use a::{b, c as d}` has two.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) path: Path,
    /// What the module calls it; a glob has no name.
    pub(crate) name: Option<String>,
    /// `pub`, also `pub(crate)`.
    pub(crate) reexport: bool,
}

impl Use {
    pub(crate) fn is_glob(&self) -> bool {
        self.name.is_none()
    }
}

pub(crate) fn read(source: &str) -> Result<ModuleText> {
    let tokens = tokens::read(source)?;
    Ok(Reader {
        tokens: &tokens,
        at: 0,
    }
    .module())
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    /// Reads to the brace that closes the module, or to the end of the file.
    fn module(&mut self) -> ModuleText {
        let mut module = ModuleText::default();
        let (mut depth, mut reexport, mut file) = (0_usize, false, None);
        while let Some(token) = self.peek(0) {
            let after_pub = std::mem::take(&mut reexport);
            match token {
                Token::Word(word) if word == "pub" => {
                    self.at += 1;
                    self.skip_restriction();
                    reexport = true;
                    continue;
                }
                Token::Word(word) if word == "use" => {
                    self.at += 1;
                    self.use_tree(Path::new(), after_pub, &mut module.uses);
                    continue;
                }
                Token::Word(word) if word == "mod" && self.is_module() => {
                    let child = self.child(file.take());
                    module.children.push(child);
                    continue;
                }
                Token::Word(word) if depth == 0 && ITEMS.contains(&word.as_str()) => {
                    module.items.extend(self.word(1).map(ToOwned::to_owned));
                }
                Token::Word(_) if self.begins_path() => {
                    self.path(&mut module.paths);
                    continue;
                }
                Token::Separator if self.is_leading_separator() => {
                    self.path(&mut module.paths);
                    continue;
                }
                Token::Mark('#') => file = self.path_attribute().or(file),
                Token::Mark(';') => file = None,
                Token::Open(_) => depth += 1,
                Token::Close(_) if depth == 0 => break,
                Token::Close(_) => depth -= 1,
                Token::Word(_) | Token::Separator | Token::Mark(_) | Token::Literal(_) => {}
            }
            self.at += 1;
        }
        module
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn before(&self, back: usize) -> Option<&Token> {
        self.tokens.get(self.at.checked_sub(back)?)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.peek(ahead)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// `(crate)` or `(in crate::offers)` after `pub`: it says who may see, and uses nothing.
    fn skip_restriction(&mut self) {
        let restricts = matches!(self.peek(0), Some(Token::Open(Delimiter::Parenthesis)))
            && match self.word(1) {
                Some("in") => true,
                Some("crate" | "super" | "self") => {
                    matches!(self.peek(2), Some(Token::Close(Delimiter::Parenthesis)))
                }
                _ => false,
            };
        if restricts {
            while !matches!(self.peek(0), None | Some(Token::Close(_))) {
                self.at += 1;
            }
            self.at += 1;
        }
    }

    fn is_module(&self) -> bool {
        self.word(1).is_some()
            && matches!(
                self.peek(2),
                Some(Token::Mark(';') | Token::Open(Delimiter::Brace))
            )
    }

    fn child(&mut self, file: Option<String>) -> Child {
        let name = self.word(1).unwrap_or_default().to_owned();
        let is_inline = matches!(self.peek(2), Some(Token::Open(_)));
        self.at += 3;
        let inline = is_inline.then(|| {
            let module = self.module();
            self.at += 1;
            module
        });
        Child { name, file, inline }
    }

    /// The file that `#[path = "…"]` names.
    fn path_attribute(&self) -> Option<String> {
        match (self.word(2), self.peek(3), self.peek(4)) {
            (Some("path"), Some(Token::Mark('=')), Some(Token::Literal(file))) => {
                Some(file.trim_matches('"').to_owned())
            }
            _ => None,
        }
    }

    fn use_tree(&mut self, mut path: Path, reexport: bool, into: &mut Vec<Use>) {
        if matches!(self.peek(0), Some(Token::Separator)) {
            self.at += 1;
            if path.is_empty() {
                path.push("::".to_owned());
            }
        }
        loop {
            match self.peek(0) {
                Some(Token::Word(word)) => {
                    path.push(word.clone());
                    self.at += 1;
                    if matches!(self.peek(0), Some(Token::Separator)) {
                        self.at += 1;
                        continue;
                    }
                    into.push(self.named(path, reexport));
                }
                Some(Token::Mark('*')) => {
                    self.at += 1;
                    into.push(Use {
                        path,
                        name: None,
                        reexport,
                    });
                }
                Some(Token::Open(Delimiter::Brace)) => self.use_group(&path, reexport, into),
                // The `use<'a>` of a type.
                _ => {}
            }
            return;
        }
    }

    fn use_group(&mut self, path: &Path, reexport: bool, into: &mut Vec<Use>) {
        self.at += 1;
        while !matches!(self.peek(0), None | Some(Token::Close(_))) {
            let before = self.at;
            self.use_tree(path.clone(), reexport, into);
            if matches!(self.peek(0), Some(Token::Mark(','))) || self.at == before {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    /// The end of a `use`: `a::b`, `a::b as c`, or `a::{self}`, which is `a`.
    fn named(&mut self, mut path: Path, reexport: bool) -> Use {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let mut name = path.last().cloned();
        if self.word(0) == Some("as") {
            name = self.word(1).map(ToOwned::to_owned);
            self.at += 2;
        }
        Use {
            path,
            name,
            reexport,
        }
    }

    /// The first word of a path.
    fn begins_path(&self) -> bool {
        matches!(self.peek(1), Some(Token::Separator))
            && self.word(2).is_some()
            && !matches!(self.before(1), Some(Token::Separator))
    }

    /// `::domain::Offer`, not the end of `<T>::X` or `a::<T>::b`.
    fn is_leading_separator(&self) -> bool {
        self.word(1).is_some() && !matches!(self.before(1), Some(Token::Mark('>') | Token::Word(_)))
    }

    fn path(&mut self, into: &mut Vec<Path>) {
        let mut path = Path::new();
        if matches!(self.peek(0), Some(Token::Separator)) {
            path.push("::".to_owned());
            self.at += 1;
        }
        while let Some(word) = self.word(0) {
            path.push(word.to_owned());
            self.at += 1;
            if !matches!(self.peek(0), Some(Token::Separator)) || self.word(1).is_none() {
                break;
            }
            self.at += 1;
        }
        into.push(path);
    }
}
