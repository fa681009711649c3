//! Invitations in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    EstablishmentId, InvitationId, PartnerId, StoreError, UserId,
    queue::NewTask,
    team::{
        MOST_INVITATIONS, RESEND_AFTER_MS,
        store::{Accepted, Invitation, Invited, TeamStore, TokenHash},
        writes,
    },
    users::{
        account::{EmailKey, Post},
        store::Joined,
    },
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, id, moment_ms, object_id, text, word},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{INVITATIONS, USERS},
        partners::held::hold_open_partner,
        queue,
        users::{account as account_of, change::join, members, memberships},
    },
    tx::Tx,
};

/// The invitations of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoTeams {
    db: MongoDb,
}

impl MongoTeams {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    /// Those that are not over or withdrawn, oldest first.
    async fn valid(&self, filter: Document, now_ms: i64) -> Result<Vec<Invitation>, MongoError> {
        let all = self.db.collection::<Document>(INVITATIONS);
        // Without the end in the filter: with it a server may go through all that ends soon.
        let found = self.db.run(async move {
            let found = all
                .find(filter)
                .sort(doc! {"createdAt": 1, "_id": 1})
                .batch_size(batch(MOST_INVITATIONS))
                .max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        let found = found.await?;
        let mut invitations: Vec<Invitation> = found.iter().map(read).collect::<Result<_, _>>()?;
        // The server forgets what is over within a minute.
        invitations.retain(|one| one.expires_at_ms > now_ms && !one.is_withdrawn());
        Ok(invitations)
    }
}

#[async_trait]
impl TeamStore for MongoTeams {
    async fn invite(&self, invitation: Invitation, task: NewTask) -> Result<Invited, StoreError> {
        let invited = self.db.transaction_that_adds(move |tx| {
            let (invitation, task) = (invitation.clone(), task.clone());
            Box::pin(async move { invite(tx, &invitation, &task).await })
        });
        Ok(invited.await?)
    }

    async fn invitation(&self, id: &InvitationId) -> Result<Option<Invitation>, StoreError> {
        let all = self.db.collection::<Document>(INVITATIONS);
        let this = doc! {"_id": object_id(id)?};
        let found = self
            .db
            .run(async move { Ok(all.find_one(this).max_time(SERVER_WITHIN).await?) });
        Ok(found.await?.as_ref().map(read).transpose()?)
    }

    async fn invitations(
        &self,
        partner: &PartnerId,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let of_team = doc! {"partnerId": object_id(partner)?};
        let mut invitations = self.valid(of_team, now_ms).await?;
        invitations.retain(|invitation| !invitation.accepted);
        Ok(invitations)
    }

    async fn invitations_to(
        &self,
        email: &EmailKey,
        now_ms: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let to_address = doc! {"emailKey": email.as_str()};
        Ok(self.valid(to_address, now_ms).await?)
    }

    async fn withdraw(
        &self,
        partner: &PartnerId,
        id: &InvitationId,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let all = self.db.collection::<Document>(INVITATIONS);
        let this = doc! {"_id": object_id(id)?, "partnerId": object_id(partner)?,
        "accepted": {"$ne": true}, "tokenHash": {"$ne": TokenHash::none().as_str()}};
        let withdrawn = doc! {"$set": {
            "tokenHash": TokenHash::none().as_str(),
            "expiresAt": DateTime::from_millis(now_ms + RESEND_AFTER_MS),
        }};
        let changed = self
            .db
            .run(async move { Ok(all.update_one(this, withdrawn).await?.modified_count) });
        Ok(changed.await? > 0)
    }

    async fn accept(
        &self,
        id: InvitationId,
        hash: TokenHash,
        user: UserId,
        email: EmailKey,
        now_ms: i64,
    ) -> Result<Accepted, StoreError> {
        let accepted = self.db.transaction(move |tx| {
            let (id, hash) = (id.clone(), hash.clone());
            let (user, email) = (user.clone(), email.clone());
            Box::pin(async move { accept(tx, &id, &hash, &user, &email, now_ms).await })
        });
        Ok(accepted.await?)
    }
}

async fn invite(
    tx: &mut Tx,
    invitation: &Invitation,
    task: &NewTask,
) -> Result<Invited, MongoError> {
    let partner = &invitation.partner;
    if !hold_open_partner(tx, partner).await? {
        return Ok(Invited::NoPartner);
    }
    let named = invitation.places.named().unwrap_or_default().len();
    let open_places = memberships::open(tx, partner, &invitation.places).await?;
    if open_places.len() < named {
        return Ok(Invited::NoPlace);
    }
    let email = invitation.email_key();
    let now_ms = invitation.created_at_ms;
    let same = doc! {"partnerId": object_id(partner)?, "emailKey": email.as_str()};
    let known = tx.find_one(INVITATIONS, same.clone()).await?;
    let known = known.as_ref().map(read).transpose()?;
    let invited = writes::invited(invitation, known, open(tx, partner, now_ms).await?);
    match invited {
        Invited::NoPartner
        | Invited::NoPlace
        | Invited::Full
        | Invited::Sent(_)
        | Invited::Withdrawn { .. } => {}
        Invited::Done => {
            tx.delete_one(INVITATIONS, same).await?;
            tx.insert_one(INVITATIONS, document(invitation)?).await?;
            queue::push(tx, [task]).await?;
        }
    }
    Ok(invited)
}

/// How many open invitations a partner has. What is over is told apart here: with the end in the
/// filter a server may go through all that ends soon.
async fn open(tx: &mut Tx, partner: &PartnerId, now_ms: i64) -> Result<usize, MongoError> {
    let of_team = doc! {"partnerId": object_id(partner)?, "accepted": {"$ne": true},
    "tokenHash": {"$ne": TokenHash::none().as_str()}};
    let end = Some(doc! {"expiresAt": 1});
    let found = tx.find(INVITATIONS, of_team, end, MOST_INVITATIONS).await?;
    let mut count = 0;
    for stored in &found {
        if moment_ms(stored, "expiresAt")? > now_ms {
            count += 1;
        }
    }
    Ok(count)
}

async fn accept(
    tx: &mut Tx,
    id: &InvitationId,
    hash: &TokenHash,
    user: &UserId,
    email: &EmailKey,
    now_ms: i64,
) -> Result<Accepted, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let known = tx.find_one(INVITATIONS, this.clone()).await?;
    let known = known.as_ref().map(read).transpose()?;
    let Some(proven) = writes::proven(known, hash, email, now_ms) else {
        return Ok(Accepted::Invalid);
    };
    if !hold_open_partner(tx, &proven.partner).await? {
        return Ok(Accepted::Invalid);
    }
    let members = members::count(tx, &proven.partner).await?;
    let account = tx.find_one(USERS, doc! {"_id": object_id(user)?}).await?;
    let account = account.as_ref().map(account_of).transpose()?;
    let current = account.and_then(|account| account.memberships.of(&proven.partner).cloned());
    let open = memberships::open(tx, &proven.partner, &proven.places).await?;
    let is_open = |place: &EstablishmentId| open.contains(place);
    let membership = match writes::membership(proven, members, current, is_open) {
        Ok(membership) => membership,
        Err(answer) => return Ok(answer),
    };
    match join(tx, user, &membership, now_ms).await? {
        Joined::NoUser => Ok(Accepted::Invalid),
        Joined::Member => Ok(Accepted::Member),
        Joined::TooMany => Ok(Accepted::TooMany),
        Joined::Done => {
            let accepted = doc! {"$set": {"accepted": true}};
            if tx.update_one(INVITATIONS, this, accepted).await? == 0 {
                // Cannot be: it was read in the same transaction.
                return Err(MongoError::corrupt("invitation", &"gone while it was used"));
            }
            Ok(Accepted::Done(membership))
        }
    }
}

fn document(invitation: &Invitation) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&invitation.id)?,
        "partnerId": object_id(&invitation.partner)?,
        "emailKey": invitation.email_key().as_str(),
        "email": &invitation.email,
        "post": invitation.post.as_str(),
        "tokenHash": invitation.token_hash.as_str(),
        "createdAt": DateTime::from_millis(invitation.created_at_ms),
        "expiresAt": DateTime::from_millis(invitation.expires_at_ms),
        "accepted": invitation.accepted,
    };
    if !invitation.places.is_all() {
        document.insert("establishments", memberships::places(&invitation.places)?);
    }
    Ok(document)
}

fn read(stored: &Document) -> Result<Invitation, MongoError> {
    Ok(Invitation {
        id: id(stored, "_id", InvitationId::parse)?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        email: text(stored, "email")?,
        post: word(stored, "post", Post::parse)?,
        token_hash: TokenHash::stored(text(stored, "tokenHash")?),
        created_at_ms: moment_ms(stored, "createdAt")?,
        expires_at_ms: moment_ms(stored, "expiresAt")?,
        // An origin that does not know the field leaves it out.
        accepted: stored.get_bool("accepted").unwrap_or(false),
        places: memberships::read_places(stored)?,
    })
}
