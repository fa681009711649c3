//! Imports a partner's own data: reads what is stored, plans each line, and writes it.
//!
//! Each line is a write of its own. So one that is refused refuses only itself, and an import that ends in
//! the middle is sent again: the ids of what it made are derived from the lines.

use std::collections::{HashMap, HashSet};

use domain::{
    Address, GeoPoint, OfferId, PartnerId, StoreError,
    catalogue::sheet::{
        Refused,
        codes::IMPORT_POSTPONED,
        lines::Line,
        offer_id,
        plan::{Step, Stored, no_place},
        table::Record,
    },
    offers::{
        codes::OFFER_ARCHIVED,
        edit::{Edit, Unfit},
        store::{Author, Created, MOST_OFFERS, OfferStore, Updated, Visibility},
    },
    partners::store::{PartnerStore, PlaceAdded, PlaceUpdated},
    sentence::{Language, Sentence},
};
use futures_util::future::BoxFuture;
use pq_core::ErrorCode;
use serde_json::{Value, json};

/// How many offers are looked for at once.
const AT_ONCE: usize = 500;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    Write,
}

/// Looks an address up.
pub type Locate<'a> =
    dyn Fn(Address) -> BoxFuture<'a, Result<GeoPoint, Refused>> + Send + Sync + 'a;

/// What an import works with.
#[derive(Debug)]
pub struct Import<'a> {
    pub partners: &'a dyn PartnerStore,
    pub offers: &'a dyn OfferStore,
    pub partner: PartnerId,
    pub mode: Mode,
    /// Who imports, for the audit.
    pub actor: String,
    pub now_ms: i64,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub line: u64,
    pub kind: Option<&'static str>,
    pub external_id: Option<String>,
    pub did: Did,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Did {
    Create {
        id: String,
    },
    Update {
        id: String,
        fields: Vec<&'static str>,
    },
    Nothing {
        id: String,
    },
    Refuse(Refused),
}

impl Did {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Create { .. } => "CREATE",
            Self::Update { .. } => "UPDATE",
            Self::Nothing { .. } => "NONE",
            Self::Refuse(_) => "REFUSE",
        }
    }
}

impl Outcome {
    /// One line of a report.
    pub fn json(&self, language: Language) -> Value {
        let mut report = json!({
            "line": self.line,
            "kind": self.kind,
            "externalId": self.external_id,
            "action": self.did.as_str(),
        });
        match &self.did {
            Did::Create { id } | Did::Nothing { id } => report["id"] = id.as_str().into(),
            Did::Update { id, fields } => {
                report["id"] = id.as_str().into();
                report["fields"] = fields.clone().into();
            }
            Did::Refuse(refused) => {
                report["code"] = refused.code.as_str().into();
                report["message"] = refused.why.text(language).into();
            }
        }
        report
    }
}

/// How many lines had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub refused: usize,
}

impl Summary {
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut summary = Self::default();
        for outcome in outcomes {
            let count = match outcome.did {
                Did::Create { .. } => &mut summary.created,
                Did::Update { .. } => &mut summary.updated,
                Did::Nothing { .. } => &mut summary.unchanged,
                Did::Refuse(_) => &mut summary.refused,
            };
            *count += 1;
        }
        summary
    }
}

impl Import<'_> {
    /// Imports the lines: establishments first, so that offers may come before theirs in the file.
    /// `locate` looks addresses up; `is_over` says that there is no time for further lines.
    pub async fn run(
        &self,
        records: Vec<Record>,
        locate: &Locate<'_>,
        is_over: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::new();
        let mut lines = Vec::new();
        for record in records {
            let number = record.number;
            match record.cells.and_then(|cells| Line::read(&cells)) {
                Ok(line) => lines.push((number, line)),
                Err(refused) => outcomes.push(Outcome {
                    line: number,
                    kind: None,
                    external_id: None,
                    did: Did::Refuse(refused),
                }),
            }
        }
        let mut stored = self.stored(&lines).await?;
        // Stable: the lines of a kind stay in their order.
        lines.sort_by_key(|(_, line)| matches!(line, Line::Offer { .. }));
        for (number, line) in lines {
            let did = if is_over() {
                Did::Refuse(postponed())
            } else {
                let step = stored.step(&line, self.now_ms);
                self.apply(&mut stored, step, locate).await?
            };
            outcomes.push(Outcome {
                line: number,
                kind: Some(line.kind()),
                external_id: Some(line.external_id().to_owned()),
                did,
            });
        }
        outcomes.sort_by_key(|outcome| outcome.line);
        Ok(outcomes)
    }

    /// What the partner has of what the lines are about.
    async fn stored(&self, lines: &[(u64, Line)]) -> Result<Stored, StoreError> {
        let partner = std::slice::from_ref(&self.partner);
        let places = self.partners.establishments_of(partner).await?;
        let places = places.into_values().flatten();
        let open = self
            .offers
            .of_partners(partner, Visibility::Portal, MOST_OFFERS, self.now_ms);
        let open_offers = open.await?.into_values().flatten().count();
        let ids: Vec<OfferId> = lines
            .iter()
            .filter(|(_, line)| matches!(line, Line::Offer { .. }))
            .map(|(_, line)| offer_id(&self.partner, line.external_id()))
            .collect();
        let mut offers = HashMap::new();
        for some in ids.chunks(AT_ONCE) {
            offers.extend(self.offers.by_ids(some).await?);
        }
        Ok(Stored {
            partner: self.partner.clone(),
            places: places.map(|place| (place.id.clone(), place)).collect(),
            offers,
            open_offers,
            seen: HashSet::new(),
        })
    }

    async fn apply(
        &self,
        stored: &mut Stored,
        mut step: Step,
        locate: &Locate<'_>,
    ) -> Result<Did, StoreError> {
        let is_dry = self.mode == Mode::DryRun;
        if !is_dry && let Err(refused) = located(&mut step, locate).await {
            return Ok(Did::Refuse(refused));
        }
        let done = match (&step, self.mode) {
            (Step::Refuse(refused), _) => return Ok(Did::Refuse(refused.clone())),
            (Step::Nothing { id }, _) => return Ok(Did::Nothing { id: id.clone() }),
            (_, Mode::DryRun) => Ok(()),
            (_, Mode::Write) => self.write(&step).await?,
        };
        if let Err(refused) = done {
            return Ok(Did::Refuse(refused));
        }
        stored.done(&step);
        Ok(did(step))
    }

    /// Writes a step; a refusal is the store's, which may know more than the plan.
    async fn write(&self, step: &Step) -> Result<Result<(), Refused>, StoreError> {
        match step {
            Step::AddPlace { place, .. } => {
                let place = (**place).clone();
                let added = self
                    .partners
                    .add_establishment(place, self.author(), self.now_ms);
                Ok(match added.await {
                    // Of two imports of one file at once the other one was faster.
                    Ok(PlaceAdded::Done) | Err(StoreError::Duplicate(_)) => Ok(()),
                    Ok(PlaceAdded::Full) => Err(full()),
                    Ok(PlaceAdded::NoPartner) => Err(no_place()),
                    Err(error) => return Err(error),
                })
            }
            Step::EditPlace { id, edit, .. } => {
                let edit = (**edit).clone();
                let edited = self.partners.update_establishment(
                    id.clone(),
                    edit,
                    self.author(),
                    self.now_ms,
                );
                Ok(match edited.await? {
                    PlaceUpdated::Done(..) => Ok(()),
                    PlaceUpdated::NotFound => Err(no_place()),
                })
            }
            Step::AddOffer(offer) => {
                let created = self
                    .offers
                    .create((**offer).clone(), self.author(), self.now_ms);
                Ok(match created.await {
                    Ok(Created::Done(_)) | Err(StoreError::Duplicate(_)) => Ok(()),
                    Ok(Created::Full) => Err(full()),
                    Ok(Created::NoEstablishment) => Err(no_place()),
                    Err(error) => return Err(error),
                })
            }
            Step::EditOffer { id, edit, .. } => {
                let edit = (**edit).clone();
                let updated = self
                    .offers
                    .update(id.clone(), edit, self.author(), self.now_ms);
                Ok(edited(&updated.await?))
            }
            Step::Nothing { .. } | Step::Refuse(_) => Ok(Ok(())),
        }
    }

    fn author(&self) -> Author {
        Author {
            actor: self.actor.clone(),
            action: "import",
        }
    }
}

/// Gives a step the location of its address.
async fn located(step: &mut Step, locate: &Locate<'_>) -> Result<(), Refused> {
    match step {
        Step::AddPlace {
            place,
            locate: true,
        } => place.location = locate(place.address.clone()).await?,
        Step::EditPlace {
            edit,
            locate: Some(address),
            ..
        } => edit.location = Edit::Set(locate(address.clone()).await?),
        Step::AddPlace { .. }
        | Step::EditPlace { .. }
        | Step::AddOffer(_)
        | Step::EditOffer { .. }
        | Step::Nothing { .. }
        | Step::Refuse(_) => {}
    }
    Ok(())
}

fn did(step: Step) -> Did {
    match step {
        Step::AddPlace { place, .. } => Did::Create {
            id: place.id.to_string(),
        },
        Step::AddOffer(offer) => Did::Create {
            id: offer.id.to_string(),
        },
        Step::EditPlace { id, fields, .. } => Did::Update {
            id: id.to_string(),
            fields,
        },
        Step::EditOffer { id, fields, .. } => Did::Update {
            id: id.to_string(),
            fields,
        },
        Step::Nothing { id } => Did::Nothing { id },
        Step::Refuse(refused) => Did::Refuse(refused),
    }
}

fn edited(updated: &Updated) -> Result<(), Refused> {
    match updated {
        Updated::Done(..) | Updated::Unchanged(_) => Ok(()),
        Updated::NotFound | Updated::Archived | Updated::Conflict { .. } => Err(Refused::new(
            OFFER_ARCHIVED,
            Sentence::new(
                "l’offre est archivée et ne peut plus être modifiée",
                "the offer is archived and cannot be changed",
            ),
        )),
        Updated::Refused(rule) => Err(Refused::broken(&[(*rule).into()])),
        Updated::BelowBooked(booked) => Err(Unfit::BelowBooked(*booked).into()),
        Updated::ApprovalWithPrice => Err(Unfit::ApprovalWithPrice.into()),
    }
}

fn full() -> Refused {
    let why = Sentence::new(
        "le partenaire n’a plus de place pour d’autres établissements ou offres",
        "the partner has no room for more establishments or offers",
    );
    Refused::new(ErrorCode::LIMIT_REACHED, why)
}

fn postponed() -> Refused {
    let why = Sentence::new(
        "il ne restait pas de temps pour cette ligne : renvoyez le même fichier",
        "there was no time left for this line: send the same file again",
    );
    Refused::new(IMPORT_POSTPONED, why)
}
