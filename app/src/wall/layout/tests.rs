//! Every agent has a square, no two squares stand on each other, and what is pointed at is what stands there.

use std::collections::HashSet;

use super::*;

const ROOM: Room = Room {
    width: 800,
    height: 600,
    label: 18,
    name: 90,
};

/// Blocks of so many agents.
fn blocks(counts: &[usize]) -> Vec<Range<usize>> {
    let mut next = 0;
    counts
        .iter()
        .map(|count| {
            next += count;
            next - count..next
        })
        .collect()
}

/// All that holds of every layout.
fn check(counts: &[usize], room: Room, zoom: f64) -> Layout {
    let blocks = blocks(counts);
    let layout = Layout::of(&blocks, room, zoom);
    let mut seen = HashSet::new();
    let mut agents = 0;
    for square in layout.squares(0..u32::MAX) {
        assert!(
            square.x + square.side <= room.width.max(layout.pitch),
            "{square:?} in {room:?}"
        );
        assert!(square.y + square.side <= layout.height, "{square:?}");
        assert!(seen.insert((square.x, square.y)), "two at {square:?}");
        assert_eq!(layout.square_at(square.x, square.y), Some(square.clone()));
        let last = square.side - 1;
        assert_eq!(
            layout.square_at(square.x + last, square.y + last),
            Some(square.clone())
        );
        for agent in [square.agents.start, square.agents.end - 1] {
            assert_eq!(layout.square_of(agent), Some(square.clone()));
        }
        agents += square.agents.len();
    }
    assert_eq!(agents, counts.iter().sum::<usize>());
    layout
}

#[test]
fn fleets_of_all_sizes_fit_and_every_agent_has_its_square() {
    for counts in [
        &[][..],
        &[1],
        &[7, 1, 1, 30],
        &[1_000],
        &[10_000],
        &[100, 2_000, 5, 5, 5, 40_000],
        &[200; 40],
    ] {
        let layout = check(counts, ROOM, 1.0);
        assert!(
            layout.height <= ROOM.height,
            "{counts:?}: {} pixels",
            layout.height
        );
        assert!((LEAST..=MOST.1).contains(&layout.pitch));
    }
}

#[test]
fn a_million_agents_share_squares_that_can_be_seen() {
    let layout = check(&[300_000, 700_000], ROOM, 1.0);
    assert_eq!(layout.pitch, LEAST);
    // 53,000 squares of three pixels have room at the most.
    assert!((19..30).contains(&layout.each), "{}", layout.each);
    let wall = Room {
        width: 3_700,
        height: 1_900,
        label: 0,
        name: 90,
    };
    assert!(check(&[1_000_000], wall, 1.0).each <= 2);
}

#[test]
fn zoom_gives_each_agent_a_square_and_then_a_larger_one() {
    let near = check(&[30_000, 70_000], ROOM, 2.0);
    let nearer = check(&[30_000, 70_000], ROOM, 4.0);
    assert_eq!((near.pitch, near.each), (LEAST, 1));
    assert!(nearer.each == 1 && nearer.pitch > LEAST && nearer.height > ROOM.height);
    assert!(check(&[5], ROOM, 100.0).pitch <= MOST_ZOOMED);
}

#[test]
fn more_domains_than_there_is_room_for_are_scrolled() {
    let layout = check(&vec![1; 30_000], ROOM, 1.0);
    assert!(layout.height > ROOM.height);
}

#[test]
fn a_screen_that_is_too_small_for_anything_breaks_nothing() {
    for (width, height) in [(0, 0), (1, 600), (800, 1), (2, 2)] {
        let room = Room {
            width,
            height,
            label: 18,
            name: 90,
        };
        check(&[40, 7], room, 1.0);
    }
}

#[test]
fn names_stand_above_their_blocks_where_there_is_room_for_letters() {
    let small = check(&[3, 1, 1, 2], ROOM, 1.0);
    assert_eq!(
        small.labels().map(|label| label.block).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert!(small.labels().all(|label| label.width >= ROOM.name));

    let large = check(&[20_000, 1, 20_000], ROOM, 1.0);
    let labels: Vec<_> = large.labels().collect();
    assert_eq!(labels.iter().map(|label| label.block).collect::<Vec<_>>(), [0, 2]);
    for label in labels {
        assert!(label.width >= 36);
        let below = large.square_at(label.x, label.y + ROOM.label).unwrap();
        assert_eq!(below.agents.start, if label.block == 0 { 0 } else { 20_001 });
    }
}

#[test]
fn the_keys_lead_to_what_stands_beside_within_the_block() {
    let layout = check(&[100, 100], ROOM, 1.0);
    let down = layout.beside(0, 0, 1).unwrap();
    let right = layout.beside(0, 1, 0).unwrap();
    assert_eq!(down, 1);
    let (here, beside) = (layout.square_of(0).unwrap(), layout.square_of(right).unwrap());
    assert_eq!((beside.x, beside.y), (here.x + layout.pitch, here.y));
    assert_eq!(layout.beside(0, 0, -1), None);
    assert_eq!(layout.beside(99, 0, 1), None);
    assert_eq!(layout.beside(200, 0, 1), None);
}
