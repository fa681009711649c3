//! How words are asked for.
//!
//! `$text` leads to what has any of them, and each is then looked for by itself: MongoDB requires
//! all quoted words, Azure DocumentDB any of them.

use domain::search_text as text;
use mongodb::bson::{Bson, Document, doc};

/// Adds the condition that every word of `search` is in one of the `fields`, which are folded. Says
/// whether there is a word at all.
pub fn require(filter: &mut Document, search: &str, fields: &[&str]) -> bool {
    let words = text::search_words(search);
    if words.is_empty() {
        return false;
    }
    // Words are letters and digits: nothing in them is syntax.
    filter.insert("$text", doc! {"$search": words.join(" ")});
    let each: Vec<Bson> = words.iter().map(|word| in_one_of(fields, word)).collect();
    filter.insert("$and", each);
    true
}

/// Where a word begins: as the embedded store's searches do.
fn in_one_of(fields: &[&str], word: &str) -> Bson {
    let pattern = format!("(^|[^\\p{{L}}\\p{{N}}]){word}");
    let fields = fields
        .iter()
        .map(|field| doc! {*field: {"$regex": &pattern}});
    doc! {"$or": fields.collect::<Vec<_>>()}.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_required_and_none_is_syntax() {
        let mut filter = doc! {"isActive": true};
        assert!(require(&mut filter, r#"-l'ŒUF "$x"#, &["a", "b"]));
        let word = |word: &str| {
            let pattern = format!(r"(^|[^\p{{L}}\p{{N}}]){word}");
            doc! {"$or": [{"a": {"$regex": &pattern}}, {"b": {"$regex": &pattern}}]}
        };
        let expected = doc! {
            "isActive": true,
            "$text": {"$search": "l oeuf x"},
            "$and": [word("l"), word("oeuf"), word("x")],
        };
        assert_eq!(filter, expected);
        for wordless in ["", " \0\"*-() "] {
            assert!(!require(&mut doc! {}, wordless, &["a"]), "{wordless:?}");
        }
    }
}
