//! Where a picture is shown, and which picture an address shows.

use domain::pictures::picture::{Picture, PictureId};
use pictures::{ContentHash, key};

use crate::shared::Uploads;

impl Uploads {
    /// The address of the file for a place of this width, in pixels; of the largest if none is given.
    pub fn url(&self, picture: &Picture, width: Option<u32>) -> String {
        let key = file_key(&picture.id, picture.file_width(width));
        self.0.parts.public.url(&key)
    }

    /// The picture that an address shows, and the width of the file, if it is one of ours.
    pub fn shown_at(&self, address: &str) -> Option<(PictureId, u32)> {
        parsed(self.0.parts.public.below(address)?)
    }
}

pub(crate) fn file_key(id: &PictureId, width: u32) -> String {
    let hash = ContentHash::parse(id.as_str());
    hash.map(|hash| key(&hash, width)).unwrap_or_default()
}

fn parsed(path: &str) -> Option<(PictureId, u32)> {
    let mut parts = path.rsplit('/');
    let width = parts.next()?.strip_suffix(".webp")?.parse().ok()?;
    let id = PictureId::parse(parts.next()?)?;
    // One spelling: neither `/0640.webp` nor a query behind it.
    (file_key(&id, width) == path).then_some((id, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written_and_in_no_other_spelling() {
        let id = PictureId::parse(&"9c".repeat(32)).unwrap();
        let path = file_key(&id, 640);
        assert_eq!(parsed(&path), Some((id.clone(), 640)));
        let hash = id.as_str();
        for other in [
            String::new(),
            format!("pictures/9c/{hash}/0640.webp"),
            format!("pictures/9c/{hash}/640.jpg"),
            format!("pictures/9d/{hash}/640.webp"),
            format!("pictures/9c/{hash}/640.webp?a"),
            format!("pictures/9c/{}/640.webp", hash.to_uppercase()),
            format!("a/pictures/9c/{hash}/640.webp"),
            format!("uploads/{hash}/640.webp"),
        ] {
            assert_eq!(parsed(&other), None, "{other}");
        }
    }
}
