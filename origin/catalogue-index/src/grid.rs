//! The offers that are shown, by place: a tree of H3 cells. Each node has a box around its offers,
//! their number by category, and their greatest discount, so that a search passes over whole cells
//! that are too far or have nothing of what it looks for.
//!
//! A cell is only the way to share out offers. Distances come from boxes around the offers
//! themselves, so it does not matter that cells of H3 stick out of their parents.

use std::{cmp::Ordering, collections::BinaryHeap, collections::HashMap};

use domain::{Category, GeoPoint};
use h3o::{CellIndex, LatLng, Resolution};

use crate::{
    area::{Area, Side},
    entry::{Entry, Slot},
    sphere::{Bounds, LONGEST, Point, SLACK, square},
};

/// From the roots to the leaves: cells with edges of about 180 km, 26 km, 3.7 km and 0.5 km.
const LEVELS: [Resolution; 4] = [
    Resolution::Two,
    Resolution::Four,
    Resolution::Six,
    Resolution::Eight,
];

/// The number of categories.
const CATEGORIES: usize = Category::ALL.len();

/// An offer in a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub point: Point,
    pub slot: Slot,
    pub category: Category,
    pub percentage: u8,
}

impl Item {
    pub(crate) const fn of(slot: Slot, entry: &Entry, point: Point) -> Self {
        Self {
            point,
            slot,
            category: entry.category,
            percentage: entry.percentage,
        }
    }
}

/// What a search looks for, besides words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// By the category's position in [`Category::ALL`].
    categories: [bool; CATEGORIES],
    percentage: u8,
}

impl Wanted {
    /// Any of these categories (none means all), with at least this discount.
    pub(crate) fn new(categories: &[Category], percentage: u8) -> Self {
        let wanted = |category: Category| categories.is_empty() || categories.contains(&category);
        Self {
            categories: Category::ALL.map(wanted),
            percentage,
        }
    }

    pub(crate) const fn is_any_discount(&self) -> bool {
        self.percentage == 0
    }

    pub(crate) const fn takes(&self, item: &Item) -> bool {
        item.percentage >= self.percentage && self.categories[item.category as usize]
    }
}

/// What a cell has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary {
    pub bounds: Bounds,
    by_category: [u32; CATEGORIES],
    greatest_percentage: u8,
}

impl Summary {
    const EMPTY: Self = Self {
        bounds: Bounds::EMPTY,
        by_category: [0; CATEGORIES],
        greatest_percentage: 0,
    };

    fn of(item: &Item) -> Self {
        let mut by_category = [0; CATEGORIES];
        by_category[item.category as usize] = 1;
        Self {
            bounds: Bounds::around(&item.point),
            by_category,
            greatest_percentage: item.percentage,
        }
    }

    fn add(&mut self, other: &Self) {
        self.bounds = self.bounds.and(&other.bounds);
        for (mine, theirs) in self.by_category.iter_mut().zip(other.by_category) {
            *mine += theirs;
        }
        self.greatest_percentage = self.greatest_percentage.max(other.greatest_percentage);
    }

    /// How many offers are in one of the wanted categories.
    pub(crate) fn count(&self, wanted: &Wanted) -> u64 {
        let counts = self.by_category.iter().zip(wanted.categories);
        counts
            .filter(|(_, is_wanted)| *is_wanted)
            .map(|(count, _)| u64::from(*count))
            .sum()
    }

    fn may_have(&self, wanted: &Wanted) -> bool {
        self.greatest_percentage >= wanted.percentage && self.count(wanted) > 0
    }
}

#[derive(Debug)]
enum Content {
    Cells(Vec<u32>),
    Offers(Vec<Item>),
}

#[derive(Debug)]
struct Node {
    cell: CellIndex,
    parent: Option<u32>,
    summary: Summary,
    content: Content,
}

#[derive(Debug, Default)]
pub(crate) struct Grid {
    nodes: Vec<Node>,
    free: Vec<u32>,
    by_cell: HashMap<CellIndex, u32>,
    roots: Vec<u32>,
}

/// A node that a search still has to look into.
struct Ahead {
    shortest_squared: f32,
    node: u32,
}

impl Ord for Ahead {
    /// The nearest is the greatest: a [`BinaryHeap`] gives it first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.shortest_squared.total_cmp(&self.shortest_squared)
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ahead {}

impl Grid {
    pub(crate) fn insert(&mut self, item: Item, location: GeoPoint) {
        let leaf = self.leaf(cell_of(location));
        if let Content::Offers(items) = &mut self.nodes[leaf as usize].content {
            items.push(item);
        }
        let added = Summary::of(&item);
        let mut at = Some(leaf);
        while let Some(node) = at {
            let node = &mut self.nodes[node as usize];
            node.summary.add(&added);
            at = node.parent;
        }
    }

    pub(crate) fn remove(&mut self, slot: Slot, location: GeoPoint) {
        let Some(&leaf) = self.by_cell.get(&cell_of(location)) else {
            return;
        };
        if let Content::Offers(items) = &mut self.nodes[leaf as usize].content
            && let Some(at) = items.iter().position(|item| item.slot == slot)
        {
            items.swap_remove(at);
        }
        let mut at = Some(leaf);
        while let Some(node) = at {
            at = self.nodes[node as usize].parent;
            self.summarize(node);
        }
    }

    /// Calls `offer` with offers that `wanted` takes, roughly the nearest first, until all that are
    /// left are farther than what `offer` returned last: the chord beyond which nothing matters any
    /// more. Whatever is nearer than the chord `beyond` is passed over, and cells outside the box of `area`.
    pub(crate) fn nearest(
        &self,
        centre: Point,
        (beyond, reach): (f32, f32),
        area: &Area,
        wanted: &Wanted,
        mut offer: impl FnMut(&Item) -> f32,
    ) {
        let beyond_squared = square((beyond - SLACK).max(0.0));
        let mut limit_squared = square(reach + SLACK);
        let mut ahead = BinaryHeap::new();
        let look = |ahead: &mut BinaryHeap<Ahead>, nodes: &[u32], limit_squared: f32| {
            for &node in nodes {
                let summary = &self.nodes[node as usize].summary;
                let (shortest_squared, longest_squared) = summary.bounds.chords_squared(&centre);
                if shortest_squared <= limit_squared
                    && longest_squared >= beyond_squared
                    && summary.may_have(wanted)
                    && area.rectangle_side(&summary.bounds) != Side::Outside
                {
                    ahead.push(Ahead {
                        shortest_squared,
                        node,
                    });
                }
            }
        };
        look(&mut ahead, &self.roots, limit_squared);
        while let Some(Ahead {
            shortest_squared,
            node,
        }) = ahead.pop()
        {
            if shortest_squared > limit_squared {
                break;
            }
            match &self.nodes[node as usize].content {
                Content::Cells(cells) => look(&mut ahead, cells, limit_squared),
                Content::Offers(items) => {
                    for item in items {
                        let chord_squared = item.point.chord_squared(&centre);
                        if chord_squared <= limit_squared
                            && chord_squared >= beyond_squared
                            && wanted.takes(item)
                        {
                            let limit = offer(item).min(reach).min(LONGEST);
                            limit_squared = square(limit + SLACK);
                        }
                    }
                }
            }
        }
    }

    /// Counts the offers that `wanted` takes in an area, up to `most`. `is_one` decides about offers near the
    /// border; if `whole` is false, about all of them.
    pub(crate) fn count(
        &self,
        area: &Area,
        wanted: &Wanted,
        most: u64,
        (whole, is_one): (bool, impl Fn(&Item, Side) -> bool),
    ) -> u64 {
        // Counts are by category, not by discount.
        let whole = whole && wanted.percentage == 0;
        let mut counted = 0;
        let mut ahead: Vec<_> = self
            .roots
            .iter()
            .map(|root| (*root, Side::Border))
            .collect();
        while let Some((node, around)) = ahead.pop() {
            if counted >= most {
                return most;
            }
            let node = &self.nodes[node as usize];
            if !node.summary.may_have(wanted) {
                continue;
            }
            let side = area.bounds_within(around, &node.summary.bounds);
            match side {
                Side::Outside => continue,
                Side::Inside if whole => {
                    counted += node.summary.count(wanted);
                    continue;
                }
                Side::Inside | Side::Border => {}
            }
            match &node.content {
                Content::Cells(cells) => ahead.extend(cells.iter().map(|cell| (*cell, side))),
                Content::Offers(items) => {
                    let is_within = |item: &&Item| {
                        let side = area.point_within(side, &item.point);
                        side != Side::Outside && wanted.takes(item) && is_one(item, side)
                    };
                    counted += items.iter().filter(is_within).count() as u64;
                }
            }
        }
        counted.min(most)
    }

    /// The slots of the offers that `wanted` and `is_one` take in an area; the first `most` of them if there
    /// are more. Whether these are all.
    pub(crate) fn collect(
        &self,
        area: &Area,
        wanted: &Wanted,
        most: usize,
        is_one: impl Fn(&Item, Side) -> bool,
    ) -> (Vec<Slot>, bool) {
        let mut found = Vec::new();
        let mut ahead: Vec<_> = self
            .roots
            .iter()
            .map(|root| (*root, Side::Border))
            .collect();
        while let Some((node, around)) = ahead.pop() {
            let node = &self.nodes[node as usize];
            let side = area.bounds_within(around, &node.summary.bounds);
            if side == Side::Outside || !node.summary.may_have(wanted) {
                continue;
            }
            match &node.content {
                Content::Cells(cells) => ahead.extend(cells.iter().map(|cell| (*cell, side))),
                Content::Offers(items) => {
                    for item in items {
                        let side = area.point_within(side, &item.point);
                        if side != Side::Outside && wanted.takes(item) && is_one(item, side) {
                            if found.len() >= most {
                                return (found, false);
                            }
                            found.push(item.slot);
                        }
                    }
                }
            }
        }
        (found, true)
    }

    /// Calls `found` with the cells of a level that may have what `wanted` takes in an area, and with where
    /// each is; false as soon as `found` returns false.
    pub(crate) fn cells(
        &self,
        area: &Area,
        wanted: &Wanted,
        level: usize,
        mut found: impl FnMut(Cell<'_>) -> bool,
    ) -> bool {
        let resolution = LEVELS[level.min(LEVELS.len() - 1)];
        let mut ahead = self.roots.clone();
        while let Some(number) = ahead.pop() {
            let node = &self.nodes[number as usize];
            let side = area.side_of_bounds(&node.summary.bounds);
            if side == Side::Outside || !node.summary.may_have(wanted) {
                continue;
            }
            match &node.content {
                Content::Cells(cells) if node.cell.resolution() < resolution => ahead.extend(cells),
                Content::Cells(_) | Content::Offers(_) => {
                    let summary = &node.summary;
                    if !found(Cell {
                        grid: self,
                        number,
                        summary,
                        side,
                    }) {
                        return false;
                    }
                }
            }
        }
        true
    }

    pub(crate) fn bytes(&self) -> usize {
        let content = |node: &Node| match &node.content {
            Content::Cells(cells) => cells.capacity() * size_of::<u32>(),
            Content::Offers(items) => items.capacity() * size_of::<Item>(),
        };
        self.nodes.capacity() * size_of::<Node>()
            + self.nodes.iter().map(content).sum::<usize>()
            + self.by_cell.capacity() * (size_of::<CellIndex>() + size_of::<u32>() + 1)
    }

    /// The leaf of a cell; made, with its parents, if there is none.
    fn leaf(&mut self, cell: CellIndex) -> u32 {
        if let Some(&leaf) = self.by_cell.get(&cell) {
            return leaf;
        }
        let leaf = self.add(cell, Content::Offers(Vec::new()));
        let mut child = leaf;
        for level in LEVELS.into_iter().rev().skip(1) {
            let parent_cell = cell.parent(level).expect("a coarser level has a parent");
            if let Some(&parent) = self.by_cell.get(&parent_cell) {
                self.adopt(parent, child);
                return leaf;
            }
            let parent = self.add(parent_cell, Content::Cells(Vec::new()));
            self.adopt(parent, child);
            child = parent;
        }
        self.roots.push(child);
        leaf
    }

    fn add(&mut self, cell: CellIndex, content: Content) -> u32 {
        let node = Node {
            cell,
            parent: None,
            summary: Summary::EMPTY,
            content,
        };
        let number = if let Some(free) = self.free.pop() {
            self.nodes[free as usize] = node;
            free
        } else {
            self.nodes.push(node);
            u32::try_from(self.nodes.len() - 1).expect("fewer than four billion cells")
        };
        self.by_cell.insert(cell, number);
        number
    }

    fn adopt(&mut self, parent: u32, child: u32) {
        self.nodes[child as usize].parent = Some(parent);
        if let Content::Cells(cells) = &mut self.nodes[parent as usize].content {
            cells.push(child);
        }
    }

    /// Computes what a node has anew; removes it if it has nothing.
    fn summarize(&mut self, number: u32) {
        let node = &self.nodes[number as usize];
        let mut summary = Summary::EMPTY;
        let is_empty = match &node.content {
            Content::Cells(cells) => {
                for &cell in cells {
                    summary.add(&self.nodes[cell as usize].summary);
                }
                cells.is_empty()
            }
            Content::Offers(items) => {
                for item in items {
                    summary.add(&Summary::of(item));
                }
                items.is_empty()
            }
        };
        let (cell, parent) = (node.cell, node.parent);
        self.nodes[number as usize].summary = summary;
        if !is_empty {
            return;
        }
        self.by_cell.remove(&cell);
        self.free.push(number);
        match parent {
            Some(parent) => {
                if let Content::Cells(cells) = &mut self.nodes[parent as usize].content {
                    cells.retain(|cell| *cell != number);
                }
            }
            None => self.roots.retain(|root| *root != number),
        }
    }
}

/// A cell of a level, with all that is in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    grid: &'a Grid,
    number: u32,
    pub summary: &'a Summary,
    pub side: Side,
}

impl Cell<'_> {
    /// Calls `look` with each offer, until it returns false.
    pub(crate) fn each(&self, mut look: impl FnMut(&Item) -> bool) {
        let mut ahead = vec![self.number];
        while let Some(node) = ahead.pop() {
            match &self.grid.nodes[node as usize].content {
                Content::Cells(cells) => ahead.extend(cells),
                Content::Offers(items) => {
                    if !items.iter().all(&mut look) {
                        return;
                    }
                }
            }
        }
    }
}

/// The number of levels.
pub(crate) const LEVEL_COUNT: usize = LEVELS.len();

fn cell_of(place: GeoPoint) -> CellIndex {
    // Positions were checked where they entered the system; what is not one lies at 0, 0.
    let point = LatLng::new(place.lat, place.lng).unwrap_or_default();
    point.to_cell(LEVELS[LEVELS.len() - 1])
}
