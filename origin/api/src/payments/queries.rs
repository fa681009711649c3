//! Queries of payments, and of a partner's money.

use async_graphql::{Context, ID, Object, Result};
use domain::{
    PartnerId, PaymentId,
    payments::{
        cursors::{LedgerCursor, PaymentCursor},
        store::{LedgerQuery, PaymentQuery},
    },
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        page::{cursor, page_size},
        partner::no_partner,
        payment::{
            LedgerConnection, PartnerAccountNode, PartnerBalance, PaymentConnection,
            PaymentDifference, PaymentNode,
        },
    },
    request::{
        authorise::{self, About},
        context::RequestContext,
        days::days,
        errors::failed,
    },
};

/// The most differences in one answer. There should be none.
const MOST_DIFFERENCES: usize = 200;

#[derive(Debug, Default)]
pub struct PaymentQueries;

#[Object]
impl PaymentQueries {
    /// The signed-in user's payments, newest first.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<PaymentConnection> {
        let request = RequestContext::of(ctx);
        let after = cursor(after.as_deref(), PaymentCursor::decode)?;
        let has_previous_page = after.is_some();
        let query = PaymentQuery {
            user: request.signed_in()?.id.clone(),
            first: page_size(first)?,
            after,
        };
        let page = request.services.payment_store.list(&query).await;
        Ok(PaymentConnection::new(
            page.map_err(failed)?,
            has_previous_page,
        ))
    }

    /// A payment of the signed-in user, or to the partner that they manage; null for anyone else.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn payment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PaymentNode>> {
        let request = RequestContext::of(ctx);
        let Some(id) = PaymentId::parse(&id) else {
            return Ok(None);
        };
        let found = request
            .services
            .payment_store
            .by_ids(std::slice::from_ref(&id));
        let found = found.await.map_err(failed)?.remove(&id);
        let caller = &request.asker.caller;
        let seen = found.filter(|payment| {
            let about = About::Booking {
                holder: payment.user.as_ref(),
                partner: &payment.partner,
            };
            authorise::authorise(caller, "Booking", "payment", about).is_ok()
        });
        Ok(seen.map(PaymentNode))
    }

    /// A partner's account at the provider of payments; for its managers. Null if it has none.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_account(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
    ) -> Result<Option<PartnerAccountNode>> {
        let request = RequestContext::of(ctx);
        let partner = of_team(request, "partnerAccount", &partner_id)?;
        let services = &request.services;
        let found = if let Some(payments) = &services.payments {
            payments.account(&partner).await.map_err(failed)?
        } else {
            let stored = &services.payment_store;
            let stored = stored.accounts(std::slice::from_ref(&partner));
            stored.await.map_err(failed)?.remove(&partner)
        };
        Ok(found.map(PartnerAccountNode::from))
    }

    /// What a partner is owed, by currency: what guests paid, without our fee, refunds and payouts;
    /// for its owners. Empty before the first payment.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_balance(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
    ) -> Result<Vec<PartnerBalance>> {
        let request = RequestContext::of(ctx);
        let partner = of_team(request, "partnerBalance", &partner_id)?;
        let balance = request.services.payment_store.balance(&partner).await;
        let balance = balance.map_err(failed)?;
        Ok(balance.into_iter().map(PartnerBalance::from).collect())
    }

    /// The changes of a partner's balance, oldest first; for its owners. `from` and `to` are dates in
    /// Europe/Paris such as 2026-10-25, both included, at most 366 days. The same as a file:
    /// `GET /partners/<id>/ledger.csv?from=…&to=…`.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_ledger(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        from: String,
        to: String,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<LedgerConnection> {
        let request = RequestContext::of(ctx);
        let partner = of_team(request, "partnerLedger", &partner_id)?;
        let days = days(&from, &to)?;
        let after = cursor(after.as_deref(), LedgerCursor::decode)?;
        let has_previous_page = after.is_some();
        let query = LedgerQuery {
            partner,
            from_ms: days.0.begins_ms(),
            until_ms: days.1.next().begins_ms(),
            first: page_size(first)?,
            after,
        };
        let page = request.services.payment_store.ledger(&query).await;
        let page = page.map_err(failed)?;
        Ok(LedgerConnection::new(
            &page,
            &query.partner,
            has_previous_page,
        ))
    }

    /// What differs between the provider's books and the ledger, oldest first, at most 200; for
    /// operators. There should be nothing.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn payment_differences(&self, ctx: &Context<'_>) -> Result<Vec<PaymentDifference>> {
        let services = &RequestContext::of(ctx).services;
        let found = services.payment_store.differences(MOST_DIFFERENCES).await;
        let found = found.map_err(failed)?;
        Ok(found.into_iter().map(PaymentDifference::from).collect())
    }
}

fn of_team(request: &RequestContext, field: &str, partner: &str) -> Result<PartnerId> {
    let partner = PartnerId::parse(partner).ok_or_else(no_partner)?;
    let about = About::Partner(&partner);
    authorise::field(&request.asker.caller, "Query", field, about)?;
    Ok(partner)
}
