//! What the showcase site needs of the catalogue beside the catalogue itself: addresses of pages that
//! stay, and lists of all pages for search engines.

pub mod json_ld;
pub mod sitemap;
pub mod slugs;
pub mod store;
