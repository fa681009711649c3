//! A subscription: its document, what it waits for when it begins, and its result for an event.

use std::{collections::HashSet, sync::Arc};

use access::caller::Asker;
use async_graphql::{
    Name, Positioned, Response,
    parser::types::{Directive, ExecutableDocument, Selection, SelectionSet},
};
use async_graphql_value::Value;
use cache_core::variables::CanonicalVariables;
use domain::StoreError;
use pq_core::{limits, policy::Scope};
use tokio::time::timeout;

use super::{
    super::{collect, execute},
    answers::{Answer, Answers, Audience, Question},
    outcome::{Errors, Outcome},
};
use crate::{
    documents::Document,
    live::{
        event::Event,
        memory::Memory,
        subscriptions::{SubscriptionRun, Trigger},
        topic::Topic,
    },
    request::{loaders::Entities, reader::Reader},
    schema::Schema,
    services::Services,
};

/// What is executed for each event.
#[derive(Clone, Debug)]
pub struct Operation {
    document: Arc<Document>,
    /// All variables, as canonical JSON.
    variables: Box<str>,
    /// The variables that an event's answer depends on; empty if there are none.
    answer_variables: Box<str>,
    memory: Arc<Memory>,
}

impl Operation {
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn new(document: Arc<Document>, variables: &CanonicalVariables) -> Self {
        let all = variables.to_json();
        let used = used_by_answers(&document.parsed);
        let variables = variables.only(|name| used.contains(name));
        Self {
            document,
            variables: all.into(),
            answer_variables: if variables.is_empty() {
                Box::default()
            } else {
                variables.to_json().into()
            },
            memory: Arc::default(),
        }
    }

    /// Executes the field for the first time: its errors, or its topic.
    pub async fn begin(
        &self,
        by: (&Services, &Schema),
        asker: &Asker,
    ) -> Result<(Option<Response>, Option<Topic>), StoreError> {
        let run = self.run(
            by,
            asker.clone(),
            Trigger::Begins,
            Entities::Cached { required: None },
        );
        let response = run.await?.map(|(response, _)| response);
        Ok((response, self.memory.take_topic()))
    }

    /// The result for an event.
    pub async fn result(
        &self,
        by: (&Services, &Schema),
        asker: &Asker,
        event: &Event,
        answers: &Answers,
    ) -> Outcome {
        let answer = match event {
            // It depends on what the subscriber was told before.
            Event::LookAgain { .. } | Event::BookingChanged { .. } | Event::EntryCame { .. } => {
                Arc::new(self.answer(by, asker.clone(), event).await)
            }
            // Few others come back at the same moment after the same event.
            Event::PublishedBefore { .. } => {
                let asker = self.audience(asker).asker();
                Arc::new(self.answer(by, asker, event).await)
            }
            Event::Published { publication, .. } => {
                let question = Question {
                    event: publication.number,
                    document: self.document.operation.id,
                    variables: self.answer_variables.clone(),
                    audience: self.audience(asker),
                };
                let asker = question.audience.asker();
                let execute = || self.answer(by, asker, event);
                answers.of(question, execute).await
            }
        };
        let reader = Reader::of(asker);
        answer.outcome(event.distance_km(), &reader, by.0).await
    }

    /// The event that leads to what the result for this one left out: a result tells one thing.
    pub fn remainder(&self, of: &Event) -> Option<Event> {
        let required = of.required();
        let again = Event::LookAgain { required };
        self.memory.take_more().then_some(again)
    }

    /// The subscription goes on after an event that its client has heard.
    pub fn resumes(&self) {
        self.memory.resumes();
    }

    /// What came after the event that the client has heard is not known.
    pub fn starts_over(&self) {
        self.memory.starts_over();
    }

    fn audience(&self, asker: &Asker) -> Audience {
        match self.document.operation.policy.scope {
            Scope::Public => Audience::Everybody,
            Scope::Private => Audience::Only(asker.caller.clone()),
        }
    }

    async fn answer(&self, by: (&Services, &Schema), asker: Asker, event: &Event) -> Answer {
        let entities = Entities::Cached {
            required: Some(event.required()),
        };
        let run = self.run(by, asker, Trigger::Happened(event.clone()), entities);
        let failed = |error: &StoreError| Answer::Failed(Errors::of_failure(error));
        match timeout(limits::EXECUTION, run).await {
            Ok(Ok(None)) => Answer::Nothing,
            Ok(Ok(Some((response, selected)))) => Answer::of(response, &selected)
                .unwrap_or_else(|error| failed(&StoreError::corrupt("answer", &error))),
            Ok(Err(error)) => failed(&error),
            Err(_elapsed) => Answer::Failed(Errors::late()),
        }
    }

    /// Executes the document once, in a request of its own.
    async fn run(
        &self,
        (services, schema): (&Services, &Schema),
        asker: Asker,
        trigger: Trigger,
        entities: Entities,
    ) -> Result<Option<(Response, collect::Operation)>, StoreError> {
        let run = SubscriptionRun {
            trigger,
            memory: Arc::clone(&self.memory),
        };
        let prepared =
            execute::prepare(services, &self.document, &self.variables, asker, entities)?;
        Ok(prepared.first_answer(schema, run).await)
    }
}

/// The variables that are used elsewhere than in arguments of root fields. Those arguments say which
/// events a subscription waits for; only the offer's distance depends on them after that.
fn used_by_answers(document: &ExecutableDocument) -> HashSet<&str> {
    let mut used = HashSet::new();
    for (_, operation) in document.operations.iter() {
        in_set(&operation.node.selection_set.node, Level::Root, &mut used);
    }
    for fragment in document.fragments.values() {
        let level = match fragment.node.type_condition.node.on.node.as_str() {
            "Subscription" => Level::Root,
            _object => Level::Below,
        };
        in_set(&fragment.node.selection_set.node, level, &mut used);
    }
    used
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Below,
}

fn in_set<'d>(set: &'d SelectionSet, level: Level, used: &mut HashSet<&'d str>) {
    for Positioned { node, .. } in &set.items {
        in_directives(node.directives(), used);
        match node {
            Selection::Field(field) => {
                if level == Level::Below {
                    in_arguments(&field.node.arguments, used);
                }
                in_set(&field.node.selection_set.node, Level::Below, used);
            }
            Selection::InlineFragment(fragment) => {
                in_set(&fragment.node.selection_set.node, level, used);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn in_directives<'d>(directives: &'d [Positioned<Directive>], used: &mut HashSet<&'d str>) {
    for directive in directives {
        in_arguments(&directive.node.arguments, used);
    }
}

fn in_arguments<'d>(
    arguments: &'d [(Positioned<Name>, Positioned<Value>)],
    used: &mut HashSet<&'d str>,
) {
    for (_, value) in arguments {
        in_value(&value.node, used);
    }
}

fn in_value<'d>(value: &'d Value, used: &mut HashSet<&'d str>) {
    match value {
        Value::Variable(name) => {
            used.insert(name.as_str());
        }
        Value::List(items) => items.iter().for_each(|item| in_value(item, used)),
        Value::Object(fields) => fields.values().for_each(|field| in_value(field, used)),
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn an_answer_depends_on_all_variables_but_those_of_the_root_field() {
        let body = "subscription S {
            ... on Subscription @include(if: $a) {
                near(location: {lat: $lat, lng: $lng}, maxDistance: $max) @skip(if: $b) {
                    images(first: $c) ...F ... @include(if: $d) { partner { offers(in: [{of: $e}]) { id } } } } }
            ...R
        } fragment F on Offer { images(first: $f) category @skip(if: $g) { name(locale: $h) } }
        fragment R on Subscription { near(location: {lat: $lat, lng: $lng}, maxDistance: $max) { id @skip(if: $i) } }";
        let document = parse_query(body).unwrap();
        let mut used: Vec<_> = used_by_answers(&document).into_iter().collect();
        used.sort_unstable();
        assert_eq!(used, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    }
}
