//! Which edges, circles and dependencies are wrong.

use super::super::blocks;
use super::super::crates::{judge_manifests, judge_purity, stale_rows};
use super::super::violation::Kind;
use super::super::workspace::Member;
use super::{kinds, library, violations};

/// Files that use the next one, and the last one the first.
fn ring(size: usize) -> Vec<(String, String)> {
    let modules: Vec<String> = (0..size).map(|file| format!("mod f{file};")).collect();
    let files = (0..size).map(|file| {
        let next = (file + 1) % size;
        (format!("f{file}.rs"), format!("use crate::f{next}::X;"))
    });
    std::iter::once(("lib.rs".to_owned(), modules.concat()))
        .chain(files)
        .collect()
}

fn violations_of_ring(size: usize) -> Vec<super::Violation> {
    let files = ring(size);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    violations("sample", &files)
}

#[test]
fn a_circle_of_two_or_three_files_may_be() {
    assert!(violations_of_ring(2).is_empty());
    assert!(violations_of_ring(3).is_empty());
}

#[test]
fn a_circle_of_four_files_is_told_with_a_way_round() {
    let found = violations_of_ring(4);
    assert_eq!(kinds(&found), [Kind::CircleOfFiles]);
    let text = &found[0].text;
    assert!(text.starts_with("sample: 4 files"), "{text}");
    assert!(text.contains("f3.rs uses crate::f0::X (f0.rs)"), "{text}");
}

const API: &str = "mod request; mod nodes; mod offers; mod partners; mod schema; mod cached;";

fn api<'f>(changed: (&'f str, &'f str)) -> Vec<(&'f str, &'f str)> {
    let mut files = vec![
        ("lib.rs", API),
        ("request.rs", ""),
        ("nodes.rs", "use crate::request::Context;"),
        ("offers.rs", "use crate::nodes::Offer;"),
        ("partners.rs", "use crate::{nodes::Partner, offers::Edit};"),
        ("schema.rs", "use crate::offers::Mutations;"),
        (
            "cached.rs",
            "use crate::{schema::Schema, request::Context};",
        ),
    ];
    files.retain(|(name, _)| *name != changed.0);
    files.push(changed);
    files
}

#[test]
fn a_layer_uses_those_below_it() {
    assert!(violations("api", &api(("cached.rs", ""))).is_empty());
    for (file, text) in [
        ("request.rs", "use crate::nodes::Offer;"),
        ("nodes.rs", "use crate::offers::Mutations;"),
        ("offers.rs", "use crate::schema::Schema;"),
    ] {
        let found = violations("api", &api((file, text)));
        assert!(kinds(&found).contains(&Kind::Upward), "{file}: {found:?}");
    }
}

#[test]
fn a_module_without_a_layer_is_named_and_not_judged() {
    let files = api(("nodes.rs", "use crate::cached::Answer;"));
    assert!(!kinds(&violations("api", &files)).contains(&Kind::Upward));
    assert_eq!(blocks::without_layer(&library("api", &files)), ["cached"]);
    assert!(blocks::without_layer(&library("sample", &files)).is_empty());
}

#[test]
fn tables_of_a_store_do_not_know_its_transactions() {
    let files = [
        ("lib.rs", "mod tables; mod stores;"),
        ("tables.rs", "use crate::stores::Offers;"),
        ("stores.rs", ""),
    ];
    assert_eq!(kinds(&violations("store-mongo", &files)), [Kind::Upward]);
}

fn two_blocks(partners: &'static str, offers: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("lib.rs", "mod offers; mod partners;"),
        ("offers/mod.rs", "mod rules;"),
        ("offers/rules.rs", offers),
        ("partners/mod.rs", "mod rules;"),
        ("partners/rules.rs", partners),
    ]
}

#[test]
fn blocks_do_not_use_each_other_in_a_circle() {
    let one_way = two_blocks("use crate::offers::Offer;", "");
    assert!(violations("sample", &one_way).is_empty());
    // Between files this is none: the circle goes through two files of each block.
    let circle = two_blocks("use crate::offers::Offer;", "use crate::partners::Partner;");
    let found = violations("sample", &circle);
    assert_eq!(kinds(&found), [Kind::CircleOfBlocks]);
    let text = &found[0].text;
    assert!(
        text.contains("offers → partners: offers/rules.rs uses"),
        "{text}"
    );
}

#[test]
fn in_the_domain_only_the_edges_of_the_table_go_sideways() {
    let allowed = two_blocks("use crate::offers::Offer;", "");
    assert!(violations("domain", &allowed).is_empty());
    let other_way = two_blocks("", "use crate::partners::Partner;");
    assert_eq!(kinds(&violations("domain", &other_way)), [Kind::Upward]);
    let within = two_blocks("use crate::partners::Partner;", "use super::Offer;");
    assert!(violations("domain", &within).is_empty());
}

fn member(name: &str, folder: &str, dependencies: &[&str]) -> Member {
    Member {
        name: name.to_owned(),
        folder: folder.to_owned(),
        dependencies: dependencies.iter().map(ToString::to_string).collect(),
        library: None,
        programs: Vec::new(),
    }
}

#[test]
fn a_crate_depends_on_what_the_table_says() {
    let crates = |uses: &[&str]| {
        judge_manifests(&[
            member("cache-core", "cache/core", &["serde"]),
            member("edge-core", "edge/core", &[]),
            member("cache-tiered", "cache/tiered", uses),
        ])
    };
    assert!(crates(&["cache-core", "tokio"]).is_empty());
    assert_eq!(kinds(&crates(&["edge-core"])), [Kind::Upward]);
}

#[test]
fn a_crate_without_a_row_and_a_row_without_a_crate_are_told() {
    let unknown = judge_manifests(&[member("weather", "origin/weather", &[])]);
    assert_eq!(kinds(&unknown), [Kind::Table]);
    assert!(unknown[0].text.starts_with("weather: no row"));
    let stale = stale_rows(&[member("domain", "origin/domain", &[])]);
    assert!(
        stale
            .iter()
            .any(|violation| violation.text.starts_with("api: "))
    );
    assert!(
        !stale
            .iter()
            .any(|violation| violation.text.starts_with("domain"))
    );
}

#[test]
fn a_provider_is_known_by_its_folder() {
    let provider = |uses: &[&str]| {
        judge_manifests(&[
            member("cache-core", "cache/core", &[]),
            member("access", "origin/access", &[]),
            member("mail", "origin/providers/mail", uses),
        ])
    };
    assert!(provider(&["reqwest", "cache-core"]).is_empty());
    assert_eq!(kinds(&provider(&["access"])), [Kind::Upward]);
}

#[test]
fn a_pure_crate_does_no_io() {
    let found = judge_manifests(&[member(
        "pq-core",
        "persisted-queries/core",
        &["tokio", "serde"],
    )]);
    assert_eq!(kinds(&found), [Kind::Impure]);
    for text in [
        "fn f() { std::time::SystemTime::now(); }",
        "use std::time::Instant as I; fn f() { I::now(); }",
        "use std::{fmt, fs};",
        "fn f() { std::env::var(\"A\"); }",
        "fn f() { format!(\"{}\", std::net::TcpStream::connect(a)) }",
    ] {
        let found = judge_purity(&library("pq-core", &[("lib.rs", text)]));
        assert_eq!(kinds(&found), [Kind::Impure], "{text}");
    }
    for text in [
        "#[cfg(test)] mod tests { fn f() { std::fs::read(a); } }",
        "use core::net::IpAddr; fn now(now: SystemTime) { env!(\"A\"); } // Instant::now",
    ] {
        let found = judge_purity(&library("pq-core", &[("lib.rs", text)]));
        assert!(found.is_empty(), "{text}");
    }
}
