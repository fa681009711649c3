//! All object types. They are in one module because they refer to each other: offers show partners,
//! bookings show users.

pub mod booking;
pub mod category;
pub mod city;
pub mod consent;
pub mod directives;
pub mod discount;
pub mod facets;
pub mod guest_booking;
pub mod identity;
pub mod moment;
pub mod money;
pub mod nearest;
pub mod notification;
pub mod offer;
pub mod offer_list;
pub mod opening;
pub mod own_review;
pub mod page;
pub mod partner;
pub mod payment;
pub mod picture;
pub mod place;
pub(crate) mod preferences;
pub mod review;
pub mod review_case;
pub mod sitemap;
pub mod template;
pub mod travel;
pub mod user;
