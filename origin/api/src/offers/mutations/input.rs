//! Input types for editing offers. An absent field, null and a value have three different meanings.

use async_graphql::{InputObject, MaybeUndefined};
use domain::{
    OfferSchedule,
    broken::{BrokenField, BrokenRule, Reading},
    offers::{
        discount::{DiscountTerms, GivenDiscount},
        edit::{Edit, OfferEdit, QuotaEdit},
        rules,
    },
    texts::{MOMENT, description},
};

use super::price::{PriceInput, price_edit};
use super::wording::{OfferTextsInput, translations};
use crate::{
    nodes::{
        category::{Locale, OfferCategory},
        discount::DiscountKind,
        moment::Moment,
        money::Currency,
        partner::Weekday,
    },
    request::input::{list, nullable, value},
};

/// The changes to an offer. Fields that are not given stay unchanged.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateOfferInput {
    /// 2 to 120 characters on one line.
    title: MaybeUndefined<String>,
    /// At most 4000 characters.
    description: MaybeUndefined<String>,
    category: MaybeUndefined<OfferCategory>,
    discount: MaybeUndefined<UpdateDiscountInput>,
    /// At most 20, each of 1 to 200 characters.
    conditions: MaybeUndefined<Vec<String>>,
    /// Must be before `validUntil`.
    valid_from: MaybeUndefined<Moment>,
    valid_until: MaybeUndefined<Moment>,
    /// Null: the offer may be used at any time within its validity.
    schedule: MaybeUndefined<OfferScheduleInput>,
    /// Null: the number of bookings is unlimited.
    quota: MaybeUndefined<UpdateQuotaInput>,
    /// At most 20 addresses (`Picture.url`) of pictures that were uploaded for it. Those that it has already may stay.
    images: MaybeUndefined<Vec<String>>,
    is_active: MaybeUndefined<bool>,
    limits: MaybeUndefined<BookingLimitsInput>,
    /// How many people one booking may be for, 1 to 50; null: as many as `createBooking` takes.
    max_party_size: MaybeUndefined<i32>,
    /// Null: it is free to book. Bookings keep the price at which they were made.
    price: MaybeUndefined<PriceInput>,
    /// Whether only guests with a verified identity may book.
    requires_identity: MaybeUndefined<bool>,
    /// 16 to 21 years, which the guest's verified identity has to prove; null: no age.
    minimum_age: MaybeUndefined<i32>,
    /// Whether the venue's staff confirm each booking; not for an offer with a price.
    requires_approval: MaybeUndefined<bool>,
    /// The language of `title`, `description` and `conditions`.
    language: MaybeUndefined<Locale>,
    /// All that the offer says in other languages, each once; those that are not given go.
    translations: MaybeUndefined<Vec<OfferTextsInput>>,
    /// The `version` the editor read. If the offer was edited since then, nothing is changed.
    expected_version: Option<i32>,
}

/// Limits on bookings besides the quota. Null means no limit.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct BookingLimitsInput {
    /// Maximum places of all bookings together for one day, from 06:00 to 06:00 (Europe/Paris); 1 or more.
    per_day: MaybeUndefined<i32>,
    /// Maximum bookings by one user over the offer's whole lifetime; 1 or more.
    per_user: MaybeUndefined<i32>,
}

/// The change to each limit: keep, clear or set.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitEdits {
    pub per_day: Edit<Option<i32>>,
    pub per_user: Edit<Option<i32>>,
}

impl BookingLimitsInput {
    pub fn read(self, reading: &mut Reading) -> LimitEdits {
        let per_day = nullable(self.per_day, |number| rules::limit("limits.perDay", number));
        let per_user = nullable(self.per_user, |number| {
            rules::limit("limits.perUser", number)
        });
        LimitEdits {
            per_day: reading.take(per_day),
            per_user: reading.take(per_user),
        }
    }
}

/// `kind` sets the discount anew, with the fields that belong to it. Without it `percentage` makes it a
/// discount of so many percent.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDiscountInput {
    /// Percent, 0 to 100; for `PERCENTAGE`.
    percentage: MaybeUndefined<i32>,
    description: MaybeUndefined<String>,
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

/// The number of places that are left is not an input: it is `total` without what is booked.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct UpdateQuotaInput {
    /// 0 or more, and not below what is booked. Not given, it stays unchanged.
    pub total: MaybeUndefined<i32>,
    /// Ignored.
    #[graphql(deprecation = "What is left is `total` without what is booked.")]
    pub remaining: MaybeUndefined<i32>,
}

/// Local times, "HH:MM". If `to` is not after `from`, it means the next day; "24:00" is the end of the day.
#[derive(Clone, Debug, InputObject)]
pub struct OfferScheduleInput {
    weekdays: Vec<Weekday>,
    from: String,
    to: String,
}

impl UpdateOfferInput {
    /// Converts the input to an edit whose values are each valid on their own.
    pub fn edit(self) -> Result<OfferEdit, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let edit = self.read(&mut reading);
        reading.end(edit)
    }

    fn read(self, reading: &mut Reading) -> OfferEdit {
        let title = value("title", self.title, |text| rules::title(&text));
        let about = value("description", self.description, |text| description(&text));
        let category = value("category", self.category, |category| Ok(category.into()));
        let discount = discount(reading, self.discount);
        let limits = match self.limits {
            MaybeUndefined::Undefined => LimitEdits::default(),
            MaybeUndefined::Null => LimitEdits {
                per_day: Edit::Set(None),
                per_user: Edit::Set(None),
            },
            MaybeUndefined::Value(given) => given.read(reading),
        };
        let (valid_from_ms, valid_until_ms) = validity(
            reading,
            value("validFrom", self.valid_from, |at| moment("validFrom", at)),
            value("validUntil", self.valid_until, |at| {
                moment("validUntil", at)
            }),
        );
        OfferEdit {
            title: reading.take(title),
            description: reading.take(about),
            category: reading.take(category),
            percentage: discount.percentage,
            discount_description: discount.description,
            terms: discount.terms,
            conditions: list(reading, "conditions", self.conditions, rules::conditions),
            valid_from_ms,
            valid_until_ms,
            schedule: schedule_edit(reading, self.schedule),
            quota: reading.take(nullable(self.quota, quota)),
            images: list(reading, "images", self.images, rules::images),
            is_active: reading.take(value("isActive", self.is_active, Ok)),
            per_day: limits.per_day,
            per_user: limits.per_user,
            max_party_size: reading.take(nullable(self.max_party_size, rules::max_party_size)),
            price: price_edit(reading, self.price),
            archived_at_ms: Edit::Keep,
            expected_version: self.expected_version.map(i64::from),
            requires_identity: reading.take(value("requiresIdentity", self.requires_identity, Ok)),
            minimum_age: reading.take(nullable(self.minimum_age, rules::minimum_age)),
            requires_approval: reading.take(value("requiresApproval", self.requires_approval, Ok)),
            language: reading.take(value("language", self.language, |locale| Ok(locale.into()))),
            translations: match reading.take(value("translations", self.translations, Ok)) {
                Edit::Keep => Edit::Keep,
                Edit::Set(given) => Edit::Set(translations(reading, given)),
            },
        }
    }
}

/// The change to each part of a discount.
#[derive(Debug, Default)]
struct DiscountEdits {
    percentage: Edit<i32>,
    description: Edit<Option<String>>,
    terms: Edit<Option<DiscountTerms>>,
}

fn discount(reading: &mut Reading, given: MaybeUndefined<UpdateDiscountInput>) -> DiscountEdits {
    let Edit::Set(given) = reading.take(value("discount", given, Ok)) else {
        return DiscountEdits::default();
    };
    let description = nullable(given.description, |text| rules::discount_description(&text));
    let percentage = reading.take(value("discount.percentage", given.percentage, Ok));
    let fields = GivenDiscount {
        kind: given.kind.map(Into::into),
        percentage: percentage.into_option(),
        amount: given.amount,
        price: given.price,
        original: given.original,
        currency: given.currency.map(Into::into),
        item: given.item,
    };
    let mut edits = DiscountEdits {
        description: reading.take(description),
        ..DiscountEdits::default()
    };
    if fields.says_what_it_is() {
        let read = reading.within("discount", fields.read());
        edits.percentage = Edit::Set(read.percentage);
        edits.terms = Edit::Set(read.terms);
    }
    edits
}

fn schedule_edit(
    reading: &mut Reading,
    given: MaybeUndefined<OfferScheduleInput>,
) -> Edit<Option<OfferSchedule>> {
    match given {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Set(None),
        MaybeUndefined::Value(given) => Edit::Set(schedule(reading, given)),
    }
}

pub(super) fn schedule(reading: &mut Reading, given: OfferScheduleInput) -> Option<OfferSchedule> {
    let weekdays = given.weekdays.into_iter().map(Weekday::iso);
    let read = rules::schedule(weekdays, given.from, given.to);
    reading.within("schedule", read.map(Some))
}

pub(super) fn quota(given: UpdateQuotaInput) -> Result<QuotaEdit, BrokenRule> {
    let total = value("quota.total", given.total, |total| {
        rules::quota_total(Some(total))
    })?;
    Ok(QuotaEdit {
        total: total.into_option(),
    })
}

/// The beginning and the end of the validity. An edit of one of them alone is held to the rule with
/// the stored other one.
pub(super) fn validity(
    reading: &mut Reading,
    from: Result<Edit<i64>, BrokenRule>,
    until: Result<Edit<i64>, BrokenRule>,
) -> (Edit<i64>, Edit<i64>) {
    if let (Ok(Edit::Set(from_ms)), Ok(Edit::Set(until_ms))) = (&from, &until) {
        reading.take(rules::validity(*from_ms, *until_ms));
    }
    (reading.take(from), reading.take(until))
}

pub(super) fn moment(field: &'static str, Moment(at_ms): Moment) -> Result<i64, BrokenRule> {
    at_ms.ok_or(MOMENT.at(field))
}
