//! What a line would change of what is stored.

use std::collections::{HashMap, HashSet};

use pq_core::ErrorCode;

use super::{Refused, codes::IMPORT_LINE_REPEATED, establishment_id, lines::Line, offer_id};
use crate::{
    Address, Admission, BookingLimits, Category, Discount, Establishment, EstablishmentId,
    GeoPoint, Offer, OfferId, PartnerId, WebPage,
    broken::Rule,
    offers::{
        codes::OFFER_ARCHIVED,
        edit::{Edit, OfferEdit},
        events::names_of,
        store::MOST_OFFERS,
        wording::Wording,
    },
    partners::{
        codes::ESTABLISHMENT_NOT_FOUND,
        edit::EstablishmentEdit,
        store::change::{MOST_ESTABLISHMENTS, changed_in_place},
    },
    sentence::Sentence,
};

const NEEDED: Rule = Rule::new(
    "REQUIRED",
    "est nécessaire pour ce qui est nouveau",
    "is needed for what is new",
);
const STAYS: Rule = Rule::new(
    "ESTABLISHMENT",
    "ne change pas : une offre reste dans son établissement",
    "does not change: an offer stays at its establishment",
);

/// What a partner has, as far as an import is about it.
#[derive(Debug, Clone)]
pub struct Stored {
    pub partner: PartnerId,
    /// All of the partner, archived ones as well.
    pub places: HashMap<EstablishmentId, Establishment>,
    /// Those that lines of the file name.
    pub offers: HashMap<OfferId, Offer>,
    /// How many offers the partner has that are not archived.
    pub open_offers: usize,
    /// The lines that came already, by kind and `externalId`.
    pub seen: HashSet<(&'static str, String)>,
}

/// What a line is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    AddPlace {
        place: Box<Establishment>,
        /// Whether its address has to be looked up: it has no location yet.
        locate: bool,
    },
    EditPlace {
        id: EstablishmentId,
        edit: Box<EstablishmentEdit>,
        fields: Vec<&'static str>,
        /// The new address that has to be looked up.
        locate: Option<Address>,
    },
    AddOffer(Box<Offer>),
    EditOffer {
        id: OfferId,
        edit: Box<OfferEdit>,
        fields: Vec<&'static str>,
    },
    /// What is stored is what the line says.
    Nothing {
        id: String,
    },
    Refuse(Refused),
}

impl Stored {
    /// What this line is to do, after the lines before it.
    pub fn step(&mut self, line: &Line, now_ms: i64) -> Step {
        if !self
            .seen
            .insert((line.kind(), line.external_id().to_owned()))
        {
            let why = Sentence::new(
                "une ligne précédente a le même `externalId`",
                "an earlier line has the same `externalId`",
            );
            return Step::Refuse(Refused::new(IMPORT_LINE_REPEATED, why));
        }
        let step = match line {
            Line::Establishment { external_id, edit } => self.place(external_id, edit, now_ms),
            Line::Offer {
                external_id,
                establishment,
                edit,
            } => self.offer(external_id, establishment.as_deref(), edit, now_ms),
        };
        step.unwrap_or_else(Step::Refuse)
    }

    /// Notes that a step was done, or would have been: later lines build on it.
    pub fn done(&mut self, step: &Step) {
        match step {
            Step::AddPlace { place, .. } => {
                self.places.insert(place.id.clone(), (**place).clone());
            }
            Step::AddOffer(offer) => {
                self.open_offers += 1;
                self.offers.insert(offer.id.clone(), (**offer).clone());
            }
            Step::EditPlace { .. }
            | Step::EditOffer { .. }
            | Step::Nothing { .. }
            | Step::Refuse(_) => {}
        }
    }

    fn place(
        &self,
        external_id: &str,
        edit: &EstablishmentEdit,
        now_ms: i64,
    ) -> Result<Step, Refused> {
        let id = establishment_id(&self.partner, external_id);
        let Some(before) = self.places.get(&id) else {
            return self.new_place(id, edit, now_ms);
        };
        if before.archived_at_ms.is_some() {
            return Err(no_place());
        }
        let after = edit.clone().apply(before);
        let fields = changed_in_place(before, &after);
        if fields.is_empty() {
            return Ok(Step::Nothing { id: id.to_string() });
        }
        let moves = before.address != after.address && edit.location == Edit::Keep;
        Ok(Step::EditPlace {
            id,
            edit: Box::new(edit.clone()),
            fields,
            locate: moves.then_some(after.address),
        })
    }

    fn new_place(
        &self,
        id: EstablishmentId,
        edit: &EstablishmentEdit,
        now_ms: i64,
    ) -> Result<Step, Refused> {
        needed(&[
            ("name", edit.name == Edit::Keep),
            ("street", edit.address == Edit::Keep),
        ])?;
        if self.places.len() >= MOST_ESTABLISHMENTS {
            return Err(full(
                format!("un partenaire a au plus {MOST_ESTABLISHMENTS} établissements"),
                format!("a partner has at most {MOST_ESTABLISHMENTS} establishments"),
            ));
        }
        let blank = Establishment {
            id,
            partner_id: self.partner.clone(),
            name: String::new(),
            address: Address::default(),
            location: GeoPoint::default(),
            phone: None,
            email: None,
            website: None,
            opening_hours: Vec::new(),
            images: Vec::new(),
            archived_at_ms: None,
            page: WebPage::begun(now_ms),
        };
        Ok(Step::AddPlace {
            place: Box::new(edit.clone().apply(&blank)),
            locate: edit.location == Edit::Keep,
        })
    }

    /// The partner's establishment that a cell means.
    fn named(&self, text: &str) -> Option<&Establishment> {
        let by_external_id = self.places.get(&establishment_id(&self.partner, text));
        let by_id = || self.places.get(&EstablishmentId::parse(text)?);
        by_external_id
            .or_else(by_id)
            .filter(|place| place.archived_at_ms.is_none())
    }

    fn offer(
        &self,
        external_id: &str,
        establishment: Option<&str>,
        edit: &OfferEdit,
        now_ms: i64,
    ) -> Result<Step, Refused> {
        let id = offer_id(&self.partner, external_id);
        let Some(before) = self.offers.get(&id) else {
            return self.new_offer(id, establishment, edit, now_ms);
        };
        if before.archived_at_ms.is_some() {
            let why = Sentence::new(
                "l’offre est archivée et ne peut plus être modifiée",
                "the offer is archived and cannot be changed",
            );
            return Err(Refused::new(OFFER_ARCHIVED, why));
        }
        if let Some(text) = establishment {
            let place = self.named(text).ok_or_else(no_place)?;
            if place.id != before.establishment_id {
                return Err(Refused::broken(&[STAYS.at("establishment").into()]));
            }
        }
        let booked = before
            .quota
            .map_or(0, |quota| quota.total - quota.remaining);
        let after = applied(edit.clone(), before, booked)?;
        let fields = names_of(before, &after);
        if fields.is_empty() {
            return Ok(Step::Nothing { id: id.to_string() });
        }
        Ok(Step::EditOffer {
            id,
            edit: Box::new(edit.clone()),
            fields,
        })
    }

    fn new_offer(
        &self,
        id: OfferId,
        establishment: Option<&str>,
        edit: &OfferEdit,
        now_ms: i64,
    ) -> Result<Step, Refused> {
        needed(&[
            ("establishment", establishment.is_none()),
            ("title", edit.title == Edit::Keep),
            ("category", edit.category == Edit::Keep),
            ("percentage", edit.percentage == Edit::Keep),
            ("validFrom", edit.valid_from_ms == Edit::Keep),
            ("validUntil", edit.valid_until_ms == Edit::Keep),
        ])?;
        let place = establishment.and_then(|text| self.named(text));
        let place = place.ok_or_else(no_place)?;
        if self.open_offers >= MOST_OFFERS {
            return Err(full(
                format!("un partenaire a au plus {MOST_OFFERS} offres non archivées"),
                format!("a partner has at most {MOST_OFFERS} offers that are not archived"),
            ));
        }
        let blank = blank_offer(id, place, now_ms);
        Ok(Step::AddOffer(Box::new(applied(edit.clone(), &blank, 0)?)))
    }
}

fn applied(edit: OfferEdit, before: &Offer, booked: i32) -> Result<Offer, Refused> {
    edit.apply(before, booked).map_err(Refused::from)
}

fn blank_offer(id: OfferId, place: &Establishment, now_ms: i64) -> Offer {
    Offer {
        id,
        title: String::new(),
        description: String::new(),
        partner_id: place.partner_id.clone(),
        establishment_id: place.id.clone(),
        category: Category::Other,
        discount: Discount {
            percentage: 0,
            description: None,
            terms: None,
        },
        conditions: Vec::new(),
        valid_from_ms: 0,
        valid_until_ms: 0,
        schedule: None,
        quota: None,
        images: Vec::new(),
        is_active: true,
        location: place.location,
        created_at_ms: now_ms,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        price: None,
        admission: Admission::default(),
        page: WebPage::begun(now_ms),
        wording: Wording::default(),
    }
}

fn needed(columns: &[(&'static str, bool)]) -> Result<(), Refused> {
    let missing = columns.iter().filter(|(_, is_missing)| *is_missing);
    let missing: Vec<_> = missing
        .map(|(column, _)| NEEDED.at(column).into())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refused::broken(&missing))
    }
}

fn full(french: String, english: String) -> Refused {
    Refused::new(ErrorCode::LIMIT_REACHED, Sentence::with(french, english))
}

/// The refusal of an establishment that the partner does not have.
pub fn no_place() -> Refused {
    let why = Sentence::new(
        "le partenaire n’a pas cet établissement, ou l’a archivé",
        "the partner has no such establishment, or archived it",
    );
    Refused::new(ESTABLISHMENT_NOT_FOUND, why)
}
