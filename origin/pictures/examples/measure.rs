//! Prints what becomes of a picture, and how long it takes: `cargo run --release -p pictures --example
//! measure -- photo.jpg`. Compares the largest variant with a lossless file of the same pixels.

use std::{env, error::Error, fs, io::Cursor, time::Instant};

use image::{ImageFormat, ImageReader};
use pictures::{Purpose, Stop, process};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which picture?")?;
    let bytes = fs::read(path)?;
    let begun = Instant::now();
    let processed = process(&bytes, Purpose::Offer, &Stop::default())?;
    let took = begun.elapsed();
    println!("{} bytes became, in {took:?}:", bytes.len());
    for variant in &processed.variants {
        println!("{variant:?}");
    }
    println!("{} {}", processed.blurhash, processed.hash);
    let largest = processed.variants.last().ok_or("no variant")?;
    let file = Cursor::new(&largest.webp);
    let picture = ImageReader::with_format(file, ImageFormat::WebP).decode()?;
    let mut lossless = Vec::new();
    picture.write_to(&mut Cursor::new(&mut lossless), ImageFormat::WebP)?;
    println!("lossless: {} bytes", lossless.len());
    Ok(())
}
