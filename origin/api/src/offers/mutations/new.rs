//! Input types for creating offers.

use async_graphql::{ID, InputObject, MaybeUndefined};
use domain::{
    Admission, BookingLimits, Discount, EstablishmentId, GeoPoint, Offer, OfferId, PartnerId,
    WebPage,
    broken::{BrokenField, BrokenRule, Reading},
    offers::{
        discount::GivenDiscount,
        edit::{Edit, OfferEdit},
        rules,
        wording::Wording,
    },
    texts::description,
};

use super::input::{
    BookingLimitsInput, OfferScheduleInput, UpdateQuotaInput, moment, quota, schedule, validity,
};
use super::price::PriceInput;
use super::wording::{OfferTextsInput, translations};
use crate::nodes::{
    category::{Locale, OfferCategory},
    discount::DiscountKind,
    moment::Moment,
    money::Currency,
};

/// The offer to create.
#[derive(Clone, Debug, InputObject)]
pub struct CreateOfferInput {
    pub partner_id: ID,
    /// An establishment of the same partner. Its location is the offer's location in lists by
    /// distance.
    establishment_id: ID,
    /// 2 to 120 characters on one line.
    title: String,
    /// At most 4000 characters.
    description: String,
    category: OfferCategory,
    discount: DiscountInput,
    /// At most 20, each of 1 to 200 characters.
    #[graphql(default)]
    conditions: Vec<String>,
    /// Must be before `validUntil`.
    valid_from: Moment,
    valid_until: Moment,
    /// If absent, the offer may be used at any time within its validity.
    schedule: Option<OfferScheduleInput>,
    /// If absent, the number of bookings is unlimited.
    quota: Option<NewQuotaInput>,
    limits: Option<BookingLimitsInput>,
    /// How many people one booking may be for, 1 to 50; if absent, as many as `createBooking` takes.
    max_party_size: Option<i32>,
    /// If absent, the offer is free to book.
    price: Option<PriceInput>,
    /// At most 20 addresses (`Picture.url`) of pictures that were uploaded for offers of the partner.
    #[graphql(default)]
    images: Vec<String>,
    /// False: the offer starts paused and is in no list until it is resumed.
    #[graphql(default = true)]
    is_active: bool,
    /// Whether only guests with a verified identity may book.
    #[graphql(default)]
    requires_identity: bool,
    /// 16 to 21 years, which the guest's verified identity has to prove.
    minimum_age: Option<i32>,
    /// Whether the venue's staff confirm each booking; not for an offer with a price.
    #[graphql(default)]
    requires_approval: bool,
    /// The language of `title`, `description` and `conditions`.
    #[graphql(default_with = "Locale::Fr")]
    language: Locale,
    /// What the offer says in other languages, each once.
    #[graphql(default)]
    translations: Vec<OfferTextsInput>,
}

/// What an offer gives.
#[derive(Clone, Debug, InputObject)]
pub struct DiscountInput {
    /// Percent, 0 to 100; for `PERCENTAGE`, where it is required.
    percentage: Option<i32>,
    description: Option<String>,
    /// `PERCENTAGE` if absent.
    kind: Option<DiscountKind>,
    /// How much less it costs, 1 to 1000000 in the currency's minor unit; for `AMOUNT`.
    amount: Option<i32>,
    /// What it costs, 1 to 1000000 in the currency's minor unit; for `FIXED_PRICE`.
    price: Option<i32>,
    /// What it costs without the offer; for `AMOUNT` and `FIXED_PRICE`, from which `percentage` is computed.
    original: Option<i32>,
    /// For `AMOUNT` and `FIXED_PRICE`.
    currency: Option<Currency>,
    /// What is free, 2 to 80 characters on one line; for `FREE_ITEM`.
    item: Option<String>,
}

/// How many people an offer takes.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct NewQuotaInput {
    /// 0 or more.
    total: i32,
}

impl DiscountInput {
    /// What it is, and its description.
    fn parts(self) -> (GivenDiscount, Option<String>) {
        let given = GivenDiscount {
            kind: self.kind.map(Into::into),
            percentage: self.percentage,
            amount: self.amount,
            price: self.price,
            original: self.original,
            currency: self.currency.map(Into::into),
            item: self.item,
        };
        (given, self.description)
    }
}

impl CreateOfferInput {
    /// Whether it asks for both a price and the venue's approval, which exclude each other.
    pub const fn asks_approval_with_price(&self) -> bool {
        self.requires_approval && self.price.is_some()
    }

    pub fn establishment(&self) -> Option<EstablishmentId> {
        EstablishmentId::parse(&self.establishment_id)
    }

    /// Converts the input to a draft, by the same rules as an edit of all fields. The location
    /// comes from the establishment.
    pub fn draft(
        self,
        partner_id: PartnerId,
        establishment_id: EstablishmentId,
        now_ms: i64,
    ) -> Result<Offer, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let limits = self.limits.unwrap_or_default().read(&mut reading);
        let given = UpdateQuotaInput::of_total;
        let (value, discount_description) = self.discount.parts();
        let discount = reading.within("discount", value.read());
        let discount_description =
            discount_description.map(|text| rules::discount_description(&text));
        let (valid_from_ms, valid_until_ms) = validity(
            &mut reading,
            moment("validFrom", self.valid_from).map(Edit::Set),
            moment("validUntil", self.valid_until).map(Edit::Set),
        );
        let edit = OfferEdit {
            title: Edit::Set(reading.take(rules::title(&self.title))),
            description: Edit::Set(reading.take(description(&self.description))),
            percentage: Edit::Set(discount.percentage),
            terms: Edit::Set(discount.terms),
            discount_description: Edit::Set(reading.take(discount_description.transpose())),
            conditions: Edit::Set(rules::conditions(&mut reading, self.conditions)),
            valid_from_ms,
            valid_until_ms,
            schedule: Edit::Set(
                self.schedule
                    .and_then(|given| schedule(&mut reading, given)),
            ),
            quota: Edit::Set(
                reading.take(self.quota.map(|new| quota(given(new.total))).transpose()),
            ),
            images: Edit::Set(rules::images(&mut reading, self.images)),
            is_active: Edit::Set(self.is_active),
            per_day: limits.per_day,
            per_user: limits.per_user,
            max_party_size: Edit::Set(
                reading.take(self.max_party_size.map(rules::max_party_size).transpose()),
            ),
            price: Edit::Set(self.price.and_then(|given| given.read(&mut reading))),
            requires_identity: Edit::Set(self.requires_identity),
            minimum_age: Edit::Set(
                reading.take(self.minimum_age.map(rules::minimum_age).transpose()),
            ),
            requires_approval: Edit::Set(self.requires_approval),
            language: Edit::Set(self.language.into()),
            translations: Edit::Set(translations(&mut reading, self.translations)),
            ..OfferEdit::default()
        };
        let edit = reading.end(edit)?;
        let blank = blank(partner_id, establishment_id, self.category.into(), now_ms);
        edit.apply(&blank, 0)
            .map_err(|unfit| vec![BrokenRule::from(unfit).into()])
    }
}

impl UpdateQuotaInput {
    const fn of_total(total: i32) -> Self {
        Self {
            total: MaybeUndefined::Value(total),
            remaining: MaybeUndefined::Undefined,
        }
    }
}

fn blank(
    partner_id: PartnerId,
    establishment_id: EstablishmentId,
    category: domain::Category,
    now_ms: i64,
) -> Offer {
    Offer {
        id: OfferId::from_bytes(access::random::bytes()),
        title: String::new(),
        description: String::new(),
        partner_id,
        establishment_id,
        category,
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
        is_active: false,
        location: GeoPoint { lat: 0.0, lng: 0.0 },
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
