//! People pay for places while Stripe and the origins fail, in the short form.

#[path = "../faults/payments/mod.rs"]
mod faults;

#[tokio::test(flavor = "multi_thread")]
async fn of_40_people_exactly_10_pay_for_10_places_and_all_other_money_goes_back() {
    faults::run(40, 10, 1).await.unwrap();
}
