//! A document that is small to send and explodes when its fragments are followed.

/// The query `A`, in which `levels` fragments each spread the next one twice: 2^`levels` fields.
pub fn fragment_bomb(levels: usize) -> String {
    let fragment = |level: usize| {
        let next = level + 1;
        format!("fragment F{level} on Query {{ ...F{next} ...F{next} }} ")
    };
    let fragments: String = (0..levels).map(fragment).collect();
    format!("query A {{ ...F0 }} {fragments}fragment F{levels} on Query {{ categories {{ id }} }}")
}
