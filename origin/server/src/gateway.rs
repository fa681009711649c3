//! What stands in front of the resolvers: who asks, and how much they may ask.
//!
//! Reading order: [`peer`] (whose request it is) → [`admission`] (is there one more for them?) →
//! [`rate`] (the counting).
