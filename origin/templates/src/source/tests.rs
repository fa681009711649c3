use super::*;

const VARIABLES: [(&str, Shape); 5] = [
    ("name", Shape::Text),
    ("link", Shape::Link),
    ("paid", Shape::Flag),
    ("failed", Shape::Flag),
    ("paragraphs", Shape::List),
];

fn html(source: &str) -> Result<String, Vec<Problem>> {
    prepared(source, Form::Html, Language::French, &VARIABLES)
}

fn plain(source: &str) -> Result<String, Vec<Problem>> {
    prepared(source, Form::Plain, Language::French, &VARIABLES)
}

#[test]
fn a_template_shows_tests_and_repeats() {
    for good in [
        "Bonjour{% if name %} {{ name }}{% endif %},",
        "{%- if not paid -%}a{% elif failed %}b{%+ else %}c{% endif %}",
        "{% for one in paragraphs %}{{ one }}{% else %}{{ name }}{% endfor %}",
        "{{name}} {{- link -}}",
        "a } b { c%} d }} e",
    ] {
        assert_eq!(plain(good).as_deref(), Ok(good));
    }
    assert_eq!(plain("a{# {{ b #}c").unwrap(), "ac");
}

#[test]
fn what_a_template_has_no_need_of_is_refused() {
    let not_allowed = |text: &str| Cause::NotAllowed(text.into());
    let unknown = |name: &str| Cause::UnknownVariable(name.into());
    for (source, cause) in [
        ("{{ name|safe }}", Cause::Filter("name|safe".into())),
        ("{{ name | upper }}", Cause::Filter("name | upper".into())),
        ("{{ name.a }}", not_allowed("name.a")),
        ("{{ name[0] }}", not_allowed("name[0]")),
        ("{{ name() }}", not_allowed("name()")),
        ("{{ name ~ name }}", not_allowed("name ~ name")),
        ("{{ 'a' * 9 }}", not_allowed("'a' * 9")),
        ("{{ }}", not_allowed("")),
        ("{% set a = name %}", not_allowed("set a = name")),
        ("{% include 'b' %}", not_allowed("include 'b'")),
        ("{% raw %}", not_allowed("raw")),
        (
            "{% if paid == failed %}{% endif %}",
            not_allowed("if paid == failed"),
        ),
        (
            "{% for a in range(9) %}{% endfor %}",
            not_allowed("range(9)"),
        ),
        ("{% autoescape false %}", not_allowed("autoescape false")),
        ("{{ nobody }}", unknown("nobody")),
        (
            "{% if paid %}{% elif nobody %}{% endif %}",
            unknown("nobody"),
        ),
        ("{% for a in nobody %}{% endfor %}", unknown("nobody")),
        ("{% for a in paragraphs %}{% endfor %}{{ a }}", unknown("a")),
        ("{{ paid }}", Cause::NotPrintable("paid".into())),
        ("{{ paragraphs }}", Cause::NotPrintable("paragraphs".into())),
        (
            "{% for a in name %}{% endfor %}",
            Cause::NotAList("name".into()),
        ),
        (
            "{% for name in paragraphs %}{% endfor %}",
            not_allowed("name"),
        ),
        ("{{ name", Cause::Unclosed("{{")),
        ("{% if name ", Cause::Unclosed("{%")),
        ("{# name ", Cause::Unclosed("{#")),
        ("{%}", Cause::Unclosed("{%")),
        ("{#}", Cause::Unclosed("{#")),
    ] {
        let causes: Vec<Cause> = plain(source)
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.cause)
            .collect();
        assert!(causes.contains(&cause), "{source}: {causes:?}");
    }
}

#[test]
fn a_problem_names_its_line() {
    let problems = html("<p>\n{{ nobody }}\n</p>\n{% if paid %}\n<b>x").unwrap_err();
    let sentences: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        sentences,
        [
            "line 2: this message has no variable \"nobody\"",
            "line 5: \"<b>\" is not allowed here"
        ]
    );
    let french = problems[0].sentence();
    assert_eq!(
        french.text(Language::French),
        "ligne 2 : la variable « nobody » n’existe pas dans ce message"
    );
}

#[test]
fn html_gets_its_styles_and_typography_outside_of_tags() {
    let html = html("<p>C'est {{ name }} ! <a href=\"{{ link }}\">Voir</a></p>").unwrap();
    assert!(html.starts_with("<p class=\"ink\" style=\"margin:0 0 16px;"));
    assert!(html.contains(">C’est {{ name }}\u{202f}! <a class=\"link\" href=\"{{ link }}\""));
    assert!(html.ends_with(">Voir</a></p>"));
}

#[test]
fn branches_close_what_they_open() {
    for good in [
        "{% if paid %}<p>a</p>{% else %}<h1>b</h1>{% endif %}",
        "<p>{% if paid %}<em>a</em>{% endif %}</p>",
        "<ul>{% for a in paragraphs %}<li>{{ a }}</li>{% endfor %}</ul>",
    ] {
        assert!(html(good).is_ok(), "{good}");
    }
    for bad in [
        "{% if paid %}<p>{% endif %}a</p>",
        "<p>{% if paid %}</p>{% endif %}",
        "{% if paid %}<p>{% else %}a</p>{% endif %}",
        "<p>a",
        "a < b",
        "<p>{% for a in paragraphs %}</p><p>{% endfor %}</p>",
    ] {
        assert!(html(bad).is_err(), "{bad}");
    }
}
