//! Every link from one page of this repository to another leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::checkout;

/// The Markdown files of a folder, without what is installed or built.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && !["node_modules", "target"].contains(&&*name)
    };
    let found = paths.filter(is_ours).flat_map(|path| {
        if path.is_dir() {
            pages(&path)
        } else {
            let is_page = path.extension().is_some_and(|ending| ending == "md");
            is_page.then_some(path).into_iter().collect()
        }
    });
    found.collect()
}

/// The targets of `[text](target)` outside of code.
fn links(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    let targets = prose.flat_map(|prose| prose.split("](").skip(1));
    targets
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.contains(' '))
        .collect()
}

/// The names that GitHub gives the headings of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ => letter.is_alphanumeric().then_some(letter),
        });
        kept.collect()
    };
    headings.map(name).collect()
}

/// Whether a link on a page leads to a file, and to a heading of it if it names one.
fn leads_somewhere(page: &Path, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() {
        page.to_owned()
    } else {
        page.parent().expect("a page is in a folder").join(file)
    };
    if anchor.is_empty() {
        return file.exists();
    }
    fs::read_to_string(file).is_ok_and(|text| anchors(&text).contains(anchor))
}

#[test]
fn links_are_found_outside_of_code() {
    let page = "[a](b.md) `x` [c](https://d) [e](f.md#g)\n```text\n[h](i)\n```\n[j](#k)";
    assert_eq!(links(page), ["b.md", "f.md#g", "#k"]);
    let anchors = anchors("# The `log`, proven\ntext\n## Two-step");
    assert!(anchors.contains("the-log-proven") && anchors.contains("two-step"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let pages = pages(&checkout::root());
    assert!(pages.len() > 50, "{} pages", pages.len());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            if !leads_somewhere(&page, link) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}
