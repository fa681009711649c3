//! Draws a QR code as SVG and as PNG.

use qrcode::{Color, EcLevel, QrCode, types::QrError};

/// The width of the light border, in modules; ISO 18004 requires four.
const QUIET: usize = 4;
/// Pixels per module side. Our codes become about 500 pixels wide, enough for any screen.
const PIXELS: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("the code is too long for a QR code")]
    Qr(#[from] QrError),
    #[error("the PNG cannot be encoded")]
    Png(#[from] png::EncodingError),
}

/// The modules of a code, row by row, including the light border.
struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Encodes `text` with error correction level M: a scanner can still read the code if about a
    /// seventh of it is unreadable, as on a scratched screen.
    fn of(text: &str) -> Result<Self, PictureError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
        let (inner, colors) = (code.width(), code.to_colors());
        let width = inner + 2 * QUIET;
        let mut dark = vec![false; width * width];
        for (at, color) in colors.into_iter().enumerate() {
            let (row, column) = (at / inner + QUIET, at % inner + QUIET);
            dark[row * width + column] = color == Color::Dark;
        }
        Ok(Self { width, dark })
    }

    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.dark[row * self.width + column]
    }
}

/// The code as an SVG with a single path of squares, which scales to any size.
pub fn svg(text: &str) -> Result<String, PictureError> {
    use std::fmt::Write as _;
    let modules = Modules::of(text)?;
    let width = modules.width;
    let mut path = String::new();
    for row in 0..width {
        for column in (0..width).filter(|column| modules.is_dark(row, *column)) {
            // Writing to a `String` does not fail.
            let _ = write!(path, "M{column} {row}h1v1h-1z");
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{width}v{width}H0z\"/>\
         <path d=\"{path}\"/></svg>\n"
    ))
}

/// The code as a PNG with one bit per pixel.
pub fn png(text: &str) -> Result<Vec<u8>, PictureError> {
    let modules = Modules::of(text)?;
    let side = modules.width * PIXELS;
    let row_bytes = side.div_ceil(8);
    let mut light = vec![0_u8; row_bytes * side];
    for y in 0..side {
        for x in (0..side).filter(|x| !modules.is_dark(y / PIXELS, x / PIXELS)) {
            light[y * row_bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&light)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text as long as our codes.
    fn text() -> String {
        format!("ysn1.{}", "A".repeat(136))
    }

    #[test]
    fn both_pictures_show_the_same_squares_with_light_around_them() {
        let modules = Modules::of(&text()).unwrap();
        let dark = modules.dark.iter().filter(|dark| **dark).count();
        let svg = svg(&text()).unwrap();
        assert_eq!(svg.matches("h1v1h-1z").count(), dark);
        let bytes = png(&text()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(frame.width as usize, modules.width * PIXELS);
        let light: usize = pixels[..frame.buffer_size()]
            .iter()
            .map(|byte| byte.count_ones() as usize)
            .sum();
        let side = modules.width * PIXELS;
        assert_eq!(side * side - light, dark * PIXELS * PIXELS);
        // The code's corners: a finder pattern begins there, and everything outside is light.
        assert!(modules.is_dark(QUIET, QUIET));
        assert!((0..modules.width).all(|at| !modules.is_dark(QUIET - 1, at)));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(svg(&"A".repeat(9_000)).is_err());
    }
}
