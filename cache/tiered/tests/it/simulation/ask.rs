//! Sends requests to a server, and has the oracle check the answers.

use std::sync::Arc;

use cache_core::{AsOf, FetchReason, InvalidReason, Verdict};
use cache_tiered::{Answer, Cached, Question, Tier};

use super::{
    oracle::{Own, Parts, Served},
    play::Stage,
    pod::{self, Pod, Unstored},
    tally::Count,
};

/// The staleness bound. The test has its own constant, because it tests the crate's.
const BOUND_MS: u64 = 2_000;

/// Asks for an answer.
pub(super) async fn answer(
    stage: Arc<Stage>,
    pod: Arc<Pod>,
    question: usize,
    client: Option<usize>,
) {
    let world = &stage.world;
    let asked_ms = world.now_ms();
    let own = client.and_then(|client| world.oracle().own[client]);
    world.tally.add(Count::Reads, 1);
    world
        .tally
        .add(Count::SessionReads, usize::from(own.is_some()));
    let required = pod.feed.require(own.map(|own| own.revision)).await;
    let asked = Question {
        key: pod::key(question),
        label: [0; 32],
        required,
    };
    let maker = Arc::clone(&pod);
    let fill = move || {
        let pod = Arc::clone(&maker);
        async move { pod.fill(question, required).await }
    };
    let given = pod.responses.answer(&asked, fill).await;
    judge(&stage, &pod, &given, own, asked_ms);
}

/// Asks for entities.
pub(super) async fn entities(stage: Arc<Stage>, pod: Arc<Pod>, keys: [usize; 2]) {
    let world = &stage.world;
    let asked_ms = world.now_ms();
    world.tally.add(Count::Reads, 1);
    if let Some((parts, _seen)) = pod.load(&keys, None).await {
        world.oracle().judge(&Served {
            how: format!(
                "entities {keys:?} of pod {} at {} ms",
                pod.number,
                world.now_ms()
            ),
            parts: &parts,
            bound_ms: Some(asked_ms.saturating_sub(BOUND_MS)),
            seen_ms: 0,
            own: None,
            claims: Vec::new(),
        });
    }
}

fn judge(stage: &Stage, pod: &Pod, given: &Answer<Unstored>, own: Option<Own>, asked_ms: u64) {
    let world = &stage.world;
    let now_ms = world.now_ms();
    // The bound of a cached answer counts back from when it was given. That of a new answer counts
    // back from when it was asked for, because making it takes time.
    let (count, since_ms) = match given {
        Answer::Hit { stale: Some(_), .. } => (Count::HitsStale, Some(now_ms)),
        Answer::Hit {
            tier: Tier::Memory, ..
        } => (Count::HitsInMemory, Some(now_ms)),
        Answer::Hit {
            tier: Tier::Redis, ..
        } => (Count::HitsInRedis, Some(now_ms)),
        Answer::Filled {
            collapsed: true, ..
        } => (Count::Collapsed, Some(asked_ms)),
        Answer::Filled { .. } => (Count::Filled, Some(asked_ms)),
        Answer::Unshared { .. } => (Count::Unshared, Some(asked_ms)),
        Answer::Covered { .. } => (Count::Covered, None),
        Answer::Failed(_) => (Count::Failed, None),
    };
    world.tally.add(count, 1);
    let (parts, claims, seen_ms) = match given {
        Answer::Hit { entry, .. } | Answer::Filled { entry, .. } | Answer::Covered { entry } => {
            let Some(parts) = pod::parts_of(&entry.body) else {
                let complaint = format!("an answer that nobody made: {given:?}");
                return world.oracle().complain(complaint);
            };
            let seen_ms = now_ms.saturating_sub(
                pod.feed
                    .told_of(entry, pod.feed.clock().steady_ms())
                    .seen_ago_ms,
            );
            (parts, claims(stage, pod, entry), seen_ms)
        }
        Answer::Unshared { answer, .. } | Answer::Failed(answer) => match answer {
            Some(parts) => (Parts::clone(parts), Vec::new(), 0),
            None => return,
        },
    };
    if let Answer::Covered { entry } = given {
        not_known_to_be_wrong(stage, pod, entry);
    }
    world.oracle().judge(&Served {
        how: format!(
            "pod {}, asked at {asked_ms}, given at {now_ms}: {given:?}",
            pod.number
        ),
        parts: &parts,
        bound_ms: since_ms.map(|since_ms| since_ms.saturating_sub(BOUND_MS)),
        seen_ms,
        own,
        claims,
    });
}

/// The revisions up to which an entry claims to be current when it leaves the server: its own
/// `as_of`, and the end of each copy that finds it valid.
fn claims(stage: &Stage, pod: &Pod, entry: &Cached) -> Vec<AsOf> {
    let mut claims = vec![pod.as_seen_by_others(entry).as_of()];
    for judge in &*stage.pods() {
        // A copy for each: an entry remembers the end of the log that found it valid.
        let entry = pod.as_seen_by_others(entry);
        if matches!(judge.feed.judge(&entry, None), Verdict::Serve { .. }) {
            let as_of = judge.feed.as_of();
            claims.extend(as_of.map(|as_of| judge.feed.as_of_for_others(as_of)));
        }
    }
    claims
}

/// An answer that is served because a fill failed may be old, but must not be known to be purged.
fn not_known_to_be_wrong(stage: &Stage, pod: &Pod, entry: &Cached) {
    let verdict = pod.feed.judge(&Pod::with_as_of(entry, entry.as_of()), None);
    let purged = matches!(
        verdict,
        Verdict::Fetch {
            why: FetchReason::Invalid(InvalidReason::Purged { .. }),
            ..
        }
    );
    let now_ms = pod.feed.clock().now().wall_ms;
    if purged || !entry.head.lifetime.covers_errors(entry.head.age_ms(now_ms)) {
        let complaint = format!("covered by what is known to be wrong, or is over: {entry:?}");
        stage.world.oracle().complain(complaint);
    }
}
