//! The template engine, with its limits.
//!
//! The sources that it gets are checked already (`source.rs`), so its limits are a second line.

use std::io;

use domain::{
    messages::{kind::Kind, part::Part},
    sentence::Language,
};
use minijinja::{Environment, UndefinedBehavior, Value, syntax::SyntaxConfig};

use crate::{embedded::file_name, source::Form};

/// The maximum number of instructions of one rendering.
const FUEL: u64 = 20_000;
/// The maximum size of one rendering. Gmail cuts e-mails off at 102 kB.
const MOST_BYTES: usize = 80_000;

/// Without filters, tests and functions, so that nothing but the names in braces is evaluated. Values
/// are escaped in templates whose name ends with `.html`.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(minijinja::default_auto_escape_callback);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // A line with nothing but a statement leaves no empty line.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().expect("the signs are the engine's own"));
    environment
}

/// The name of a template in the environment.
pub(crate) fn template_name(kind: Kind, language: Language, part: Part) -> String {
    let (kind, language) = (kind.as_str(), language.as_str());
    format!("{kind}/{language}/{}", file_name(part))
}

pub(crate) const fn form(part: Part) -> Form {
    match part {
        Part::Html => Form::Html,
        Part::Sms => Form::Sms,
        Part::Subject | Part::Text | Part::Title | Part::Body => Form::Plain,
    }
}

/// Renders a template within the limits.
pub(crate) fn render(
    environment: &Environment<'_>,
    name: &str,
    values: &Value,
) -> Result<String, minijinja::Error> {
    let mut bounded = Bounded(Vec::new());
    let template = environment.get_template(name)?;
    template.render_captured_to(values.clone(), &mut bounded)?;
    // The engine writes whole texts only.
    Ok(String::from_utf8_lossy(&bounded.0).into_owned())
}

/// Refuses what is written above the maximum.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other("the text becomes too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &'static str) -> Result<String, minijinja::ErrorKind> {
        let mut environment = environment();
        environment.add_template("a.html", source).unwrap();
        let many = Value::from(vec!["<i>"; 1_000]);
        let values = Value::from(std::collections::BTreeMap::from([("many", many)]));
        render(&environment, "a.html", &values).map_err(|error| error.kind())
    }

    #[test]
    fn a_rendering_has_limits() {
        use minijinja::ErrorKind;
        for (source, expected) in [
            ("{% for a in many %}{% endfor %}<p>", Ok("<p>".into())),
            (
                "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
                Err(ErrorKind::OutOfFuel),
            ),
            (
                "{% for a in many %}{{ many }}{% endfor %}",
                Err(ErrorKind::WriteFailure),
            ),
            ("{{ none_such }}", Err(ErrorKind::UndefinedError)),
        ] {
            assert_eq!(rendered(source), expected, "{source}");
        }
        assert!(rendered("{{ many }}").unwrap().contains("&lt;i&gt;"));
    }

    #[test]
    fn the_engine_has_no_filters_and_includes_nothing() {
        let mut environment = environment();
        assert!(
            environment
                .add_template("a.html", "{% include 'b' %}")
                .is_err()
        );
        assert!(rendered("{{ many|safe }}").is_err());
    }
}
