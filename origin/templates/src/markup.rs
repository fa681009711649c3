//! The HTML of templates: a few elements without styles. Each gets its styles here, inline, because
//! mail programs drop style sheets, and a class, by which the layout changes its colours in the dark.

/// An element that a template may use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// As templates open it, without its address.
    tag: &'static str,
    name: &'static str,
    has_address: bool,
    within: Within,
    holds: Within,
    open: &'static str,
    close: &'static str,
}

/// What an element holds, and where one may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// Paragraphs.
    Page,
    /// Text.
    Line,
    /// The items of a list.
    List,
    /// Terms and what is said of them.
    Facts,
    Nothing,
}

const fn element(
    tag: &'static str,
    name: &'static str,
    (within, holds): (Within, Within),
    (open, close): (&'static str, &'static str),
) -> Element {
    Element {
        tag,
        name,
        has_address: false,
        within,
        holds,
        open,
        close,
    }
}

/// Its address stands between the two halves of `open`, where "@" is.
const fn with_address(mut element: Element) -> Element {
    element.has_address = true;
    element
}

const PARAGRAPH: (Within, Within) = (Within::Page, Within::Line);
const INLINE: (Within, Within) = (Within::Line, Within::Line);

static ELEMENTS: &[Element] = &[
    element(
        "h1",
        "h1",
        PARAGRAPH,
        (
            r#"<h1 class="ink" style="margin:0 0 16px;font-size:24px;line-height:32px;font-weight:700;color:#1b1630">"#,
            "</h1>",
        ),
    ),
    element(
        "p",
        "p",
        PARAGRAPH,
        (
            r#"<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:24px;color:#1b1630">"#,
            "</p>",
        ),
    ),
    element(
        r#"p class="small""#,
        "p",
        PARAGRAPH,
        (
            r#"<p class="pale" style="margin:0 0 12px;font-size:14px;line-height:20px;color:#5c5672">"#,
            "</p>",
        ),
    ),
    with_address(element(
        r#"a class="button""#,
        "a",
        PARAGRAPH,
        (
            r##"<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px"><tr><td class="button" bgcolor="#5a2fd0" style="border-radius:10px;background-color:#5a2fd0"><a href="@" style="display:inline-block;padding:14px 28px;font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:10px">"##,
            "</a></td></tr></table>",
        ),
    )),
    with_address(element(
        "a",
        "a",
        INLINE,
        (
            r#"<a class="link" href="@" style="color:#5a2fd0;text-decoration:underline;word-break:break-word;overflow-wrap:anywhere">"#,
            "</a>",
        ),
    )),
    element("strong", "strong", INLINE, ("<strong>", "</strong>")),
    element("em", "em", INLINE, ("<em>", "</em>")),
    element("br", "br", (Within::Line, Within::Nothing), ("<br>", "")),
    element(
        "ul",
        "ul",
        (Within::Page, Within::List),
        (
            r#"<ul class="ink" style="margin:0 0 16px;padding:0 0 0 24px;font-size:16px;line-height:24px;color:#1b1630">"#,
            "</ul>",
        ),
    ),
    element(
        "li",
        "li",
        (Within::List, Within::Line),
        (r#"<li style="margin:0 0 4px">"#, "</li>"),
    ),
    element(
        "dl",
        "dl",
        (Within::Page, Within::Facts),
        (
            r#"<dl class="facts" style="margin:0 0 20px;padding:16px 20px 4px;border-radius:10px;background-color:#f4f1fc">"#,
            "</dl>",
        ),
    ),
    element(
        "dt",
        "dt",
        (Within::Facts, Within::Line),
        (
            r#"<dt class="pale" style="margin:0;font-size:13px;line-height:18px;color:#5c5672">"#,
            "</dt>",
        ),
    ),
    element(
        "dd",
        "dd",
        (Within::Facts, Within::Line),
        (
            r#"<dd class="ink" style="margin:0 0 12px;font-size:16px;line-height:22px;font-weight:600;color:#1b1630">"#,
            "</dd>",
        ),
    ),
];

/// A tag of a template.
pub(crate) struct Tag {
    kind: TagKind,
    /// The tag with its styles; empty for the end of an element, which [`Elements::take`] writes.
    pub(crate) html: String,
}

enum TagKind {
    Begin(&'static Element),
    End(String),
}

/// Reads a tag, such as `<p>` or `<a href="{{ link }}">`; none if templates may not use it. An
/// address is https, or a variable that is a link.
pub(crate) fn styled(tag: &str, is_link: &dyn Fn(&str) -> bool) -> Option<Tag> {
    let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(name) = inner.strip_prefix('/') {
        return Some(Tag {
            kind: TagKind::End(name.to_owned()),
            html: String::new(),
        });
    }
    let (opening, address) = match inner.split_once(" href=\"") {
        Some((opening, rest)) => (opening, Some(rest.strip_suffix('"')?)),
        None => (inner, None),
    };
    let element = ELEMENTS
        .iter()
        .find(|element| element.tag == opening && element.has_address == address.is_some())?;
    let html = match address {
        Some(address) if !is_address(address, is_link) => return None,
        Some(address) => element.open.replacen('@', address, 1),
        None => element.open.to_owned(),
    };
    Some(Tag {
        kind: TagKind::Begin(element),
        html,
    })
}

fn is_address(text: &str, is_link: &dyn Fn(&str) -> bool) -> bool {
    let variable = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    if let Some(name) = variable {
        return is_link(name.trim());
    }
    let is_plain =
        |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'{' | b'}' | b'\\');
    text.strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}

/// The elements that are open.
#[derive(Default)]
pub(crate) struct Elements(Vec<&'static Element>);

impl Elements {
    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn innermost(&self) -> Option<&'static str> {
        self.0.last().map(|element| element.tag)
    }

    /// Takes the tag, if it may stand here, and returns its HTML. `least` elements stay open.
    pub(crate) fn take(&mut self, tag: Tag, least: usize) -> Option<String> {
        match tag.kind {
            TagKind::Begin(element) => {
                let around = self.0.last().map_or(Within::Page, |around| around.holds);
                // A link in a link is none.
                let is_nested = element.has_address && self.0.iter().any(|open| open.has_address);
                if around != element.within || is_nested {
                    return None;
                }
                if element.holds != Within::Nothing {
                    self.0.push(element);
                }
                Some(tag.html)
            }
            TagKind::End(name) => {
                let closes = self.0.len() > least && self.innermost_name() == Some(&name);
                if !closes {
                    return None;
                }
                self.0.pop().map(|element| element.close.to_owned())
            }
        }
    }

    fn innermost_name(&self) -> Option<&str> {
        self.0.last().map(|element| element.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(tags: &[&str]) -> Option<String> {
        let mut elements = Elements::default();
        let is_link = |name: &str| name == "link";
        let html: Option<String> = tags
            .iter()
            .map(|tag| elements.take(styled(tag, &is_link)?, 0))
            .collect();
        html.filter(|_| elements.depth() == 0)
    }

    #[test]
    fn elements_close_in_order_and_stand_where_they_may() {
        for good in [
            &["<p>", "<strong>", "</strong>", "<br>", "</p>"][..],
            &["<ul>", "<li>", "<em>", "</em>", "</li>", "</ul>"],
            &["<dl>", "<dt>", "</dt>", "<dd>", "</dd>", "</dl>"],
            &[
                "<p class=\"small\">",
                "<a href=\"{{ link }}\">",
                "</a>",
                "</p>",
            ],
            &["<a class=\"button\" href=\"{{link}}\">", "</a>"],
            &[
                "<h1>",
                "</h1>",
                "<p>",
                "<a href=\"https://a.example/?b=c#d\">",
                "</a>",
                "</p>",
            ],
        ] {
            assert!(html(good).is_some(), "{good:?}");
        }
        for bad in [
            &["<p>"][..],
            &["</p>"],
            &["<p>", "<p>", "</p>", "</p>"],
            &["<p>", "<strong>", "</p>", "</strong>"],
            &["<strong>", "</strong>"],
            &["<li>", "</li>"],
            &[
                "<p>",
                "<a class=\"button\" href=\"{{ link }}\">",
                "</a>",
                "</p>",
            ],
            &[
                "<p>",
                "<a href=\"{{ link }}\">",
                "<a href=\"{{ link }}\">",
                "</a>",
                "</a>",
                "</p>",
            ],
        ] {
            assert_eq!(html(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn other_tags_and_addresses_are_refused() {
        for bad in [
            "<script>",
            "<img src=\"https://a.example/b.png\">",
            "<p style=\"color:red\">",
            "<p onclick=\"a()\">",
            "<P>",
            "<!-- a -->",
            "<a>",
            "<a href=\"http://a.example\">",
            "<a href=\"javascript:alert(1)\">",
            "<a href=\"https://\">",
            "<a href=\"https://a.example/{{ name }}\">",
            "<a href=\"{{ name }}\">",
            "<a href=\"{{ link }}\" onclick=\"a()\">",
            "<a href='{{ link }}'>",
            "<p href=\"{{ link }}\">",
        ] {
            assert!(styled(bad, &|name| name == "link").is_none(), "{bad}");
        }
    }
}
