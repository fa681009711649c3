//! Edits of partners and establishments. Each value is valid by itself: constructed by the rules
//! only.

use crate::{Address, Category, Establishment, GeoPoint, OpeningHour, Partner, offers::edit::Edit};

/// An edit of a partner; unset fields keep their value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartnerEdit {
    pub name: Edit<String>,
    pub description: Edit<Option<String>>,
    pub logo: Edit<Option<String>>,
    pub category: Edit<Category>,
}

impl PartnerEdit {
    /// The partner after the edit.
    #[must_use]
    pub fn apply(self, before: &Partner) -> Partner {
        let mut after = before.clone();
        self.name.put(&mut after.name);
        self.description.put(&mut after.description);
        self.logo.put(&mut after.logo);
        self.category.put(&mut after.category);
        after
    }
}

/// An edit of an establishment; unset fields keep their value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EstablishmentEdit {
    pub name: Edit<String>,
    pub address: Edit<Address>,
    /// Its offers get the same location.
    pub location: Edit<GeoPoint>,
    pub phone: Edit<Option<String>>,
    pub email: Edit<Option<String>>,
    pub website: Edit<Option<String>>,
    pub opening_hours: Edit<Vec<OpeningHour>>,
    pub images: Edit<Vec<String>>,
}

impl EstablishmentEdit {
    /// The establishment after the edit.
    #[must_use]
    pub fn apply(self, before: &Establishment) -> Establishment {
        let mut after = before.clone();
        self.name.put(&mut after.name);
        self.address.put(&mut after.address);
        self.location.put(&mut after.location);
        self.phone.put(&mut after.phone);
        self.email.put(&mut after.email);
        self.website.put(&mut after.website);
        self.opening_hours.put(&mut after.opening_hours);
        self.images.put(&mut after.images);
        after
    }
}
