//! One of the files that are made of a picture.

#[derive(Clone, PartialEq, Eq)]
pub struct Variant {
    pub width: u32,
    pub height: u32,
    /// The file, without any metadata.
    pub webp: Vec<u8>,
}

impl std::fmt::Debug for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.webp.len();
        write!(f, "{} × {}, {bytes} bytes", self.width, self.height)
    }
}
