//! What the showcase site needs of the catalogue beside the catalogue itself: lists of all pages, and
//! what pages say to search engines. Addresses of pages are in [`crate::slugs`].

pub mod cities;
pub mod json_ld;
pub mod sitemap;
pub mod store;
