//! Sequences of reads and writes, and the oracle's judgement of them.

use super::*;

const OFFER: &str = "o";

const fn ms(ms: u64) -> At {
    At::from_millis(ms)
}

fn oracle() -> Oracle {
    Oracle::new([OFFER.to_owned(), "p".to_owned()])
}

fn write(oracle: &mut Oracle, acknowledged_ms: u64) -> u64 {
    let version = oracle.begin_write(OFFER).unwrap();
    oracle
        .acknowledged(OFFER, version, ms(acknowledged_ms))
        .unwrap();
    version
}

fn read(oracle: &mut Oracle, sent_ms: u64, version: u64) -> u128 {
    let shown = Shown {
        offer: OFFER.to_owned(),
        version,
    };
    let (sent, answered) = (ms(sent_ms), ms(sent_ms + 5));
    let judgement = oracle.read(Tier::Pod, sent, answered, &[shown]).unwrap();
    judgement.stale.as_millis()
}

#[test]
fn a_read_is_stale_by_the_time_since_the_next_version_was_acknowledged() {
    let mut oracle = oracle();
    assert_eq!(read(&mut oracle, 50, 0), 0, "nothing was written");
    write(&mut oracle, 100);
    write(&mut oracle, 200);
    assert_eq!(
        read(&mut oracle, 90, 0),
        0,
        "asked for before the acknowledgement"
    );
    assert_eq!(read(&mut oracle, 130, 0), 30);
    assert_eq!(
        read(&mut oracle, 250, 0),
        150,
        "by the next version, not by the newest"
    );
    assert_eq!(read(&mut oracle, 250, 1), 50);
    assert_eq!(read(&mut oracle, 250, 2), 0);
}

#[test]
fn a_write_that_is_under_way_is_held_against_nobody_although_some_see_it() {
    let mut oracle = oracle();
    let version = oracle.begin_write(OFFER).unwrap();
    assert_eq!(read(&mut oracle, 100, version), 0);
    assert_eq!(read(&mut oracle, 150, 0), 0);
    oracle.acknowledged(OFFER, version, ms(180)).unwrap();
    assert_eq!(read(&mut oracle, 170, 0), 0);
    assert_eq!(read(&mut oracle, 200, 0), 20);
}

#[test]
fn a_write_whose_answer_was_lost_is_held_against_nobody_until_somebody_sees_it() {
    let mut oracle = oracle();
    let lost = oracle.begin_write(OFFER).unwrap();
    oracle.lost(OFFER, lost).unwrap();
    assert_eq!(read(&mut oracle, 9_000, 0), 0, "it may never have happened");
    let next = write(&mut oracle, 10_000);
    assert_eq!(
        read(&mut oracle, 10_100, 0),
        100,
        "by the one that is known"
    );
    assert_eq!(read(&mut oracle, 10_100, lost), 100);
    assert_eq!(read(&mut oracle, 10_300, next), 0);
}

#[test]
fn a_lost_write_is_known_from_when_it_was_first_seen() {
    for seen_first in [true, false] {
        let mut oracle = oracle();
        let lost = oracle.begin_write(OFFER).unwrap();
        if seen_first {
            assert_eq!(read(&mut oracle, 500, lost), 0);
            oracle.lost(OFFER, lost).unwrap();
        } else {
            oracle.lost(OFFER, lost).unwrap();
            assert_eq!(read(&mut oracle, 500, lost), 0);
        }
        assert_eq!(read(&mut oracle, 600, lost), 0);
        assert_eq!(read(&mut oracle, 700, 0), 195, "seen at 505 ms");
    }
}

#[test]
fn a_list_is_as_stale_as_the_worst_of_its_offers() {
    let mut oracle = oracle();
    write(&mut oracle, 100);
    let shown = [("p", 0), (OFFER, 0)].map(|(offer, version)| Shown {
        offer: offer.to_owned(),
        version,
    });
    let judgement = oracle.read(Tier::Edge, ms(400), ms(401), &shown).unwrap();
    assert_eq!(
        judgement,
        Judgement {
            stale: ms(300),
            instead_of: Some((shown[1].clone(), 1)),
        }
    );
    assert_eq!(oracle.figures(Tier::Edge).worst_ms(), 300);
    assert_eq!(oracle.figures(Tier::Pod).reads(), 0);
}

#[test]
fn what_nobody_wrote_is_an_error() {
    let mut oracle = oracle();
    for (offer, version) in [("q", 0), (OFFER, 1)] {
        let shown = Shown {
            offer: offer.to_owned(),
            version,
        };
        assert!(oracle.read(Tier::Pod, ms(1), ms(2), &[shown]).is_err());
    }
    assert!(oracle.begin_write("q").is_err());
    assert!(oracle.acknowledged(OFFER, 1, ms(1)).is_err());
    assert!(oracle.lost(OFFER, 1).is_err());
}
