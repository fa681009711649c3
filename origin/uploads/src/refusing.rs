//! The words of `pictures` and of `domain` for the same things.

use domain::pictures::{picture::Purpose, refusal::Refusal};
use pictures::Refused;

pub(crate) const fn purpose(purpose: Purpose) -> pictures::Purpose {
    match purpose {
        Purpose::Avatar => pictures::Purpose::Avatar,
        Purpose::Logo => pictures::Purpose::Logo,
        Purpose::Establishment => pictures::Purpose::Establishment,
        Purpose::Offer => pictures::Purpose::Offer,
    }
}

/// Why a file is refused for good; none if the work on it was only stopped.
pub(crate) const fn refusal(refused: Refused) -> Option<Refusal> {
    Some(match refused {
        Refused::Empty => Refusal::Empty,
        Refused::TooManyBytes => Refusal::TooManyBytes,
        Refused::NotAPicture => Refusal::NotAPicture,
        Refused::Svg => Refusal::Svg,
        Refused::Gif => Refusal::Gif,
        Refused::Pdf => Refusal::Pdf,
        Refused::Html => Refusal::Html,
        Refused::Avif => Refusal::Avif,
        Refused::Heic => Refusal::Heic,
        Refused::Polyglot => Refusal::Polyglot,
        Refused::TrailingData => Refusal::TrailingData,
        Refused::Truncated => Refusal::Truncated,
        Refused::Broken => Refusal::Broken,
        Refused::Unsupported => Refusal::Unsupported,
        Refused::TooManyScans => Refusal::TooManyScans,
        Refused::Animated => Refusal::Animated,
        Refused::Cmyk => Refusal::Cmyk,
        Refused::SideTooLong => Refusal::SideTooLong,
        Refused::TooManyPixels => Refusal::TooManyPixels,
        Refused::TooSmall(_) => Refusal::TooSmall,
        Refused::TooNarrow(_) => Refusal::TooNarrow,
        Refused::Stopped => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::{pictures::upload::MOST_BYTES, sentence::Language};

    use super::*;

    /// The words that are stored, and the figures in the sentences.
    #[test]
    fn both_crates_say_the_same() {
        for ours in [
            Purpose::Avatar,
            Purpose::Logo,
            Purpose::Establishment,
            Purpose::Offer,
        ] {
            let theirs = purpose(ours);
            assert_eq!(theirs.as_str(), ours.as_str());
            for refused in [Refused::TooSmall(theirs), Refused::TooNarrow(theirs)] {
                let refusal = refusal(refused).unwrap();
                assert_eq!(refusal.as_str(), refused.code());
                let sentence = refusal.sentence(ours);
                let said = sentence.text(Language::English);
                let figures = match refused {
                    Refused::TooSmall(_) => {
                        format!("{} × {}", theirs.min_longer(), theirs.min_shorter())
                    }
                    _ => format!("at most {} times", theirs.max_ratio()),
                };
                assert!(said.contains(&figures), "{said}: {figures}");
            }
        }
        for refused in [Refused::Svg, Refused::Polyglot, Refused::Broken] {
            assert_eq!(refusal(refused).unwrap().as_str(), refused.code());
        }
        assert_eq!(refusal(Refused::Stopped), None);
        assert_eq!(pictures::MAX_BYTES.to_string(), MOST_BYTES.to_string());
    }
}
