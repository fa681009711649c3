//! Circles in a directed graph: who can come back to itself.

use std::collections::{HashMap, VecDeque};

/// The sets of nodes that reach each other (Tarjan's algorithm), the largest first; nodes are
/// `0..count`, and one alone is no circle.
pub(crate) fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut search = Search {
        next: neighbours(count, edges),
        order: vec![None; count],
        lowest: vec![0; count],
        stack: Vec::new(),
        on_stack: vec![false; count],
        visited: 0,
        found: Vec::new(),
    };
    for node in 0..count {
        if search.order[node].is_none() {
            search.visit(node);
        }
    }
    let mut found = search.found;
    found.sort_by_key(|circle| (std::cmp::Reverse(circle.len()), circle.first().copied()));
    found
}

struct Search {
    next: Vec<Vec<usize>>,
    /// When a node was first visited.
    order: Vec<Option<usize>>,
    /// The earliest node on the stack that can be reached from it.
    lowest: Vec<usize>,
    stack: Vec<usize>,
    on_stack: Vec<bool>,
    visited: usize,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn visit(&mut self, node: usize) {
        let order = self.visited;
        self.visited += 1;
        (self.order[node], self.lowest[node]) = (Some(order), order);
        self.stack.push(node);
        self.on_stack[node] = true;
        for next in self.next[node].clone() {
            match self.order[next] {
                None => {
                    self.visit(next);
                    self.lowest[node] = self.lowest[node].min(self.lowest[next]);
                }
                Some(seen) if self.on_stack[next] => {
                    self.lowest[node] = self.lowest[node].min(seen);
                }
                Some(_) => {}
            }
        }
        if self.lowest[node] == order {
            self.close(node);
        }
    }

    fn close(&mut self, first: usize) {
        let mut circle = Vec::new();
        while let Some(node) = self.stack.pop() {
            self.on_stack[node] = false;
            circle.push(node);
            if node == first {
                break;
            }
        }
        if circle.len() > 1 {
            circle.sort_unstable();
            self.found.push(circle);
        }
    }
}

/// The shortest way round within a circle, from its first node on: `[a, b]` is a → b → a.
pub(crate) fn shortest_way_round(circle: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let inside: Vec<(usize, usize)> = edges
        .iter()
        .copied()
        .filter(|(from, to)| from != to && circle.contains(from) && circle.contains(to))
        .collect();
    let count = circle.iter().max().map_or(0, |last| last + 1);
    let next = neighbours(count, &inside);
    let ways = circle.iter().filter_map(|start| way_back(*start, &next));
    ways.min_by_key(Vec::len).unwrap_or_default()
}

/// The shortest way from a node to itself, by breadth-first search.
fn way_back(start: usize, next: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &to in &next[node] {
            if to == start {
                let mut way = vec![node];
                let mut at = node;
                while let Some(&before) = came_from.get(&at) {
                    way.push(before);
                    at = before;
                }
                way.reverse();
                return Some(way);
            }
            if let std::collections::hash_map::Entry::Vacant(unseen) = came_from.entry(to) {
                unseen.insert(node);
                queue.push_back(to);
            }
        }
    }
    None
}

fn neighbours(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); count];
    for &(from, to) in edges {
        next[from].push(to);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::{circles, shortest_way_round};

    #[test]
    fn a_chain_has_no_circle() {
        assert!(circles(3, &[(0, 1), (1, 2), (0, 2)]).is_empty());
        assert!(circles(3, &[(0, 1), (0, 2), (2, 1)]).is_empty());
    }

    #[test]
    fn circles_are_told_apart_and_the_largest_is_first() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2)];
        assert_eq!(circles(5, &edges), [vec![2, 3, 4], vec![0, 1]]);
    }

    #[test]
    fn the_shortest_way_round_skips_the_long_one() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 0), (3, 2)];
        assert_eq!(shortest_way_round(&[0, 1, 2, 3], &edges), [2, 3]);
    }
}
