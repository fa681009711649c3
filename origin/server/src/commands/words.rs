//! Words of the domain as values of options: an option takes each word that the domain has.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Takes each of `all` by its word.
pub(crate) fn words<T>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let words = all.iter().map(move |&one| word(one));
    PossibleValuesParser::new(words).try_map(move |given| {
        let mut all = all.iter().copied();
        all.find(|&one| word(one) == given)
            .ok_or_else(|| format!("{given} is no value"))
    })
}
