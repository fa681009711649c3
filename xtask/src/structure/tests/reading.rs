//! Which paths become edges.

use super::{edges_between, edges_of, library};

#[test]
fn every_way_to_name_a_module_is_followed() {
    let uses = [
        "use crate::b::B;",
        "use super::b::B;",
        "use self::super::b::B;",
        "use crate::{b::{self, B}};",
        "use crate::b as other;",
        "use crate::b::*;",
        "pub use crate::b::B;",
        "pub(crate) use crate::b::B as C;",
        "fn f() { use crate::b::B; }",
        "use crate::b::inline::B;",
    ];
    for text in uses {
        let edges = edges_of(&[("lib.rs", "mod a; mod b;"), ("a.rs", text), ("b.rs", "")]);
        assert_eq!(edges, ["a.rs → b.rs"], "{text}");
    }
}

#[test]
fn paths_in_types_expressions_and_macros_count() {
    let texts = [
        "fn f() -> crate::b::B { loop {} }",
        "fn f() { crate::b::g::<u8>() }",
        "fn f() { for _ in 0..super::b::MAX {} }",
        "struct A(pub crate::b::B);",
        r#"fn f() { println!("{}", crate::b::MAX) }"#,
        "#[derive(crate::b::Macro)] struct A;",
        "impl<T> crate::b::Trait for T {}",
        "fn f() { <A as crate::b::Trait>::g() }",
    ];
    for text in texts {
        let edges = edges_of(&[("lib.rs", "mod a; mod b;"), ("a.rs", text), ("b.rs", "")]);
        assert_eq!(edges, ["a.rs → b.rs"], "{text}");
    }
}

#[test]
fn comments_texts_methods_and_visibility_do_not_count() {
    let text = r#"
        /// See [`crate::b::B`].
        pub(in crate::b) struct A; // crate::b::B
        pub(crate) fn f() { let s = "crate::b::B"; b.b::<u8>(); std::b::c(); }
        fn g() -> impl use<'a> Iterator {}
    "#;
    let files = [("lib.rs", "mod a; mod b;"), ("a.rs", text), ("b.rs", "")];
    assert!(edges_of(&files).is_empty());
}

#[test]
fn a_renamed_or_imported_module_leads_on() {
    let files = |text| {
        [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", text),
            ("b.rs", "pub mod c;"),
            ("b/c.rs", ""),
        ]
    };
    let edges = edges_of(&files("use crate::b as other; fn f() { other::c::g() }"));
    assert_eq!(edges, ["a.rs → b.rs", "a.rs → b/c.rs"]);
    let edges = edges_of(&files("use crate::b::{self}; fn f() { b::c::g() }"));
    assert_eq!(edges, ["a.rs → b.rs", "a.rs → b/c.rs"]);
    let edges = edges_of(&files("use super::*; fn f() { b::c::g() }"));
    assert_eq!(edges, ["a.rs → lib.rs", "a.rs → b/c.rs"]);
}

#[test]
fn a_parent_is_a_map_until_it_uses_its_child() {
    let files = |lib| [("lib.rs", lib), ("a.rs", "")];
    assert!(edges_of(&files("mod a; pub use a::A; pub(crate) use self::a::*;")).is_empty());
    assert_eq!(edges_of(&files("mod a; use a::A;")), ["lib.rs → a.rs"]);
    assert_eq!(
        edges_of(&files("mod a; fn f() { a::g() }")),
        ["lib.rs → a.rs"]
    );
}

#[test]
fn what_a_module_hands_on_is_followed_to_where_it_is() {
    for map in [
        "pub use c::C;",
        "pub(crate) use self::c::*;",
        "pub use c::{C as X, C};",
    ] {
        let root = format!("mod c; struct D; {map}");
        let edges = edges_of(&[
            ("lib.rs", "mod a; mod b; pub use b::C as E;"),
            ("a.rs", "use crate::b::C;"),
            ("b/mod.rs", &root),
            ("b/c.rs", "pub struct C; use super::D; use crate::E;"),
        ]);
        assert_eq!(edges, ["a.rs → b/c.rs", "b/c.rs → b/mod.rs"], "{map}");
    }
}

#[test]
fn an_import_through_the_root_hides_nothing() {
    for map in [
        "pub use b::B;",
        "pub(crate) use b::*;",
        "pub use b::inner::B;",
    ] {
        let root = format!("mod a; mod b; {map}");
        for text in [
            "use crate::B;",
            "fn f() -> crate::B { loop {} }",
            "use super::*; use crate::B as C;",
        ] {
            let edges = edges_of(&[
                ("lib.rs", &root),
                ("a.rs", text),
                ("b.rs", "pub struct B; pub mod inner { pub struct B; }"),
            ]);
            assert!(
                edges.contains(&"a.rs → b.rs".to_owned()),
                "{map} {text}: {edges:?}"
            );
        }
    }
}

#[test]
fn tests_do_not_count() {
    let text = "
        #[cfg(test)] use crate::b::B;
        #[cfg(test)] #[derive(Debug)] pub(crate) struct A { b: crate::b::B }
        #[cfg(test)] pub const fn f() -> u8 { crate::b::MAX }
        #[cfg(all(test, feature = \"x\"))] const A: u8 = { 1 } + crate::b::MAX;
        struct C { #[cfg(test)] b: crate::b::B, c: u8 }
        #[test] fn g() { crate::b::g() }
        #[tokio::test] async fn h() { crate::b::g() }
        fn i() { #[cfg(test)] { crate::b::g(); } #[cfg(test)] crate::b::g(); }
        #[cfg(test)] mod tests { use crate::b::B; }
        #[cfg(test)] #[path = \"other.rs\"] mod more_tests;
        mod tests;
    ";
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", text),
        ("a/tests.rs", "use crate::b::B;"),
        ("b.rs", "#![cfg(test)] use crate::a::A;"),
    ];
    assert!(edges_of(&files).is_empty());
}

#[test]
fn what_follows_a_test_counts() {
    for text in [
        "#[cfg(test)] mod tests; use crate::b::B;",
        "#[cfg(test)] const A: [u8; 1] = { [1] }; use crate::b::B;",
        "#[cfg(test)] const fn f() {} use crate::b::B;",
        "#[cfg(any(test, feature = \"x\"))] use crate::b::B;",
        "struct A { #[cfg(test)] a: u8, b: crate::b::B }",
        "fn f() { #[cfg(test)] { g(); } crate::b::g() }",
    ] {
        let edges = edges_of(&[("lib.rs", "mod a; mod b;"), ("a.rs", text), ("b.rs", "")]);
        assert_eq!(edges, ["a.rs → b.rs"], "{text}");
    }
}

#[test]
fn files_are_where_rust_looks_for_them() {
    let edges = edges_of(&[
        (
            "lib.rs",
            "mod a; mod b; #[path = \"far/away.rs\"] mod c; mod d { pub mod e; }",
        ),
        ("a.rs", "mod inner;"),
        (
            "a/inner.rs",
            "use crate::{b::inner::B, c::beside::C, d::e::E};",
        ),
        ("b/mod.rs", "pub mod inner;"),
        ("b/inner.rs", ""),
        ("far/away.rs", "pub mod beside;"),
        ("far/beside.rs", ""),
        ("d/e.rs", "use super::super::a;"),
    ]);
    let expected = [
        "a/inner.rs → b/inner.rs",
        "a/inner.rs → far/beside.rs",
        "a/inner.rs → d/e.rs",
        "d/e.rs → a.rs",
    ];
    assert_eq!(edges, expected);
}

#[test]
fn crates_of_the_workspace_are_followed() {
    let below = library(
        "store-sqlite",
        &[("lib.rs", "pub mod offers;"), ("offers.rs", "")],
    );
    let above = library(
        "api",
        &[
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "use store_sqlite::offers::Offer; use serde::offers;",
            ),
            ("b.rs", "fn f() { ::store_sqlite::open() }"),
        ],
    );
    let edges = edges_between(&[below, above]);
    assert_eq!(
        edges,
        [
            "a.rs → store-sqlite: offers.rs",
            "b.rs → store-sqlite: lib.rs"
        ]
    );
}
