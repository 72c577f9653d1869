//! What the server told a wall: the status of each cell, and the latest transitions.
//!
//! A picture comes in parts and replaces what is shown only once it is whole. Changes follow with the next sequence number
//! each; a missing one is answered with [`Answer::Resync`], once.

use core::ops::Range;
use std::collections::VecDeque;

use rollcall_shared::Status;
use rollcall_shared::feed::wall::{Group, LATEST, Latest, ToWall};

use crate::feed::mirror::Answer;

/// Changes of single cells that are noted one by one; beyond them all is drawn anew, which is less work.
const MOST_CHANGES: usize = 20_000;

/// The cells of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The group's number in the picture.
    pub number: u32,
    /// Its name, and those of the domains that it is in, outermost first.
    pub path: Vec<String>,
    /// Its cells.
    pub cells: Range<usize>,
}

impl Block {
    /// What stands above its cells.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// What changed since it was last asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Everything: where cells stand, and what they are.
    pub all: bool,
    /// These cells.
    pub cells: Vec<usize>,
}

/// What is shown.
#[derive(Debug, Default)]
pub struct Picture {
    blocks: Vec<Block>,
    statuses: Vec<Status>,
    counts: [usize; Status::ALL.len()],
    latest: VecDeque<Latest>,
    sequence: u64,
    number: u32,
    /// Parts of a picture that is not whole yet.
    coming: Option<(Vec<Block>, Vec<Status>)>,
    /// Whether what is shown is followed: the picture of this connection is whole, and nothing was missed.
    is_whole: bool,
    changed: Changed,
}

impl Picture {
    /// The domains that have cells, in the order of these.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// What each cell is.
    #[must_use]
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// How many cells have that status.
    #[must_use]
    pub const fn count(&self, status: Status) -> usize {
        self.counts[status as usize]
    }

    /// The latest transitions, newest first.
    #[must_use]
    pub const fn latest(&self) -> &VecDeque<Latest> {
        &self.latest
    }

    /// Which picture it is: what a cell's number is a number of.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The block that a cell is in.
    #[must_use]
    pub fn block_of(&self, cell: usize) -> Option<&Block> {
        let after = self.blocks.partition_point(|block| block.cells.end <= cell);
        self.blocks.get(after).filter(|block| block.cells.contains(&cell))
    }

    /// Whether the picture of this connection is whole.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether something was missed, and no picture is on its way.
    #[must_use]
    pub const fn is_adrift(&self) -> bool {
        !self.is_whole && self.coming.is_none()
    }

    /// The connection is gone: what is shown stays.
    pub fn disconnected(&mut self) {
        self.is_whole = false;
        self.coming = None;
    }

    /// What changed since this was asked last.
    pub fn take_changed(&mut self) -> Changed {
        core::mem::take(&mut self.changed)
    }

    /// The server's wall clock in a message.
    #[must_use]
    pub const fn time_of(message: &ToWall) -> Option<i64> {
        match message {
            ToWall::Hello { .. } => None,
            ToWall::Picture { now_ms, .. }
            | ToWall::Cells { now_ms, .. }
            | ToWall::Pulse { now_ms, .. }
            | ToWall::Known { now_ms, .. } => Some(*now_ms),
        }
    }

    /// Takes in a message. Who a cell is changes nothing here.
    pub fn apply(&mut self, message: ToWall) -> Answer {
        match message {
            ToWall::Hello { build } => Answer::Build(build),
            ToWall::Picture {
                sequence,
                number,
                first,
                last,
                groups,
                latest,
                ..
            } => self.part((sequence, number), first, last, groups, latest),
            ToWall::Cells {
                sequence,
                cells,
                latest,
                ..
            } => self.change(sequence, &cells, latest),
            ToWall::Pulse { sequence, .. } => self.expect(sequence),
            ToWall::Known { .. } => Answer::Nothing,
        }
    }

    fn part(
        &mut self,
        (sequence, number): (u64, u32),
        first: bool,
        last: bool,
        groups: Vec<Group>,
        latest: Vec<Latest>,
    ) -> Answer {
        if first {
            self.coming = Some(Default::default());
        }
        let Some((blocks, statuses)) = &mut self.coming else {
            return self.adrift();
        };
        for group in groups {
            let begins = statuses.len();
            for (count, status) in group.runs {
                statuses.extend(core::iter::repeat_n(status, count as usize));
            }
            match blocks.last_mut() {
                Some(block) if block.number == group.number => block.cells.end = statuses.len(),
                _ => blocks.push(Block {
                    number: group.number,
                    path: group.path,
                    cells: begins..statuses.len(),
                }),
            }
        }
        if !last {
            return Answer::Nothing;
        }
        let (blocks, statuses) = self.coming.take().unwrap_or_default();
        self.counts = [0; Status::ALL.len()];
        for status in &statuses {
            self.counts[*status as usize] += 1;
        }
        (self.blocks, self.statuses) = (blocks, statuses);
        self.latest = latest.into();
        (self.sequence, self.number) = (sequence, number);
        self.is_whole = true;
        self.changed = Changed {
            all: true,
            cells: Vec::new(),
        };
        Answer::Draw
    }

    fn change(&mut self, sequence: u64, cells: &[(u32, Status)], latest: Vec<Latest>) -> Answer {
        if !self.is_whole {
            return Answer::Nothing;
        }
        if sequence != self.sequence + 1 {
            return self.adrift();
        }
        self.sequence = sequence;
        for (cell, status) in cells {
            let cell = *cell as usize;
            let Some(known) = self.statuses.get_mut(cell) else {
                return self.adrift();
            };
            self.counts[*known as usize] -= 1;
            self.counts[*status as usize] += 1;
            *known = *status;
            if self.changed.cells.len() < MOST_CHANGES {
                self.changed.cells.push(cell);
            } else {
                self.changed.all = true;
            }
        }
        for one in latest.into_iter().rev() {
            self.latest.push_front(one);
        }
        self.latest.truncate(LATEST);
        Answer::Draw
    }

    fn expect(&mut self, sequence: u64) -> Answer {
        if self.is_whole && sequence != self.sequence {
            self.adrift()
        } else {
            Answer::Nothing
        }
    }

    /// Something was missed. It is said once: until the next picture nothing is expected.
    fn adrift(&mut self) -> Answer {
        let was_whole = core::mem::replace(&mut self.is_whole, false);
        self.coming = None;
        if was_whole {
            Answer::Resync
        } else {
            Answer::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(domain: u32, runs: &[(u32, Status)]) -> Group {
        Group {
            number: domain,
            path: vec!["All".to_owned(), format!("domain-{domain}")],
            runs: runs.to_vec(),
        }
    }

    fn part(sequence: u64, first: bool, last: bool, groups: Vec<Group>) -> ToWall {
        ToWall::Picture {
            sequence,
            now_ms: 0,
            number: 1,
            first,
            last,
            groups,
            latest: Vec::new(),
        }
    }

    fn cells(sequence: u64, cells: &[(u32, Status)]) -> ToWall {
        ToWall::Cells {
            sequence,
            now_ms: 0,
            cells: cells.to_vec(),
            latest: Vec::new(),
        }
    }

    fn shown() -> Picture {
        let mut picture = Picture::default();
        let groups = vec![
            group(1, &[(3, Status::Online)]),
            group(2, &[(2, Status::Offline)]),
        ];
        assert_eq!(picture.apply(part(7, true, true, groups)), Answer::Draw);
        picture
    }

    #[test]
    fn a_picture_in_parts_is_shown_once_it_is_whole() {
        let mut picture = shown();
        let more = |runs: &[(u32, Status)]| vec![group(1, runs)];
        assert_eq!(
            picture.apply(part(9, true, false, more(&[(1, Status::Pending)]))),
            Answer::Nothing
        );
        assert_eq!(picture.statuses().len(), 5);
        let last = part(9, false, true, more(&[(2, Status::Online)]));
        assert_eq!(picture.apply(last), Answer::Draw);
        assert_eq!(
            picture.statuses(),
            [Status::Pending, Status::Online, Status::Online]
        );
        assert_eq!(picture.blocks().len(), 1);
        assert_eq!(picture.blocks()[0].cells, 0..3);
        assert!(picture.take_changed().all);
    }

    #[test]
    fn changes_follow_by_number_and_are_counted() {
        let mut picture = shown();
        picture.take_changed();
        let change = cells(8, &[(0, Status::Offline), (4, Status::Retired)]);
        assert_eq!(picture.apply(change), Answer::Draw);
        assert_eq!(picture.count(Status::Online), 2);
        assert_eq!(picture.count(Status::Offline), 2);
        assert_eq!(picture.take_changed().cells, [0, 4]);
        assert_eq!(picture.take_changed(), Changed::default());
    }

    #[test]
    fn what_was_missed_is_asked_for_once_and_what_is_shown_stays() {
        for missed in [
            cells(9, &[(0, Status::Offline)]),
            cells(8, &[(5, Status::Offline)]),
            ToWall::Pulse {
                sequence: 9,
                now_ms: 0,
            },
        ] {
            let mut picture = shown();
            assert_eq!(picture.apply(missed.clone()), Answer::Resync);
            assert_eq!(picture.apply(missed), Answer::Nothing);
            assert!(picture.is_adrift());
            assert_eq!(picture.statuses().len(), 5);
        }
    }

    #[test]
    fn a_cell_is_in_the_block_that_holds_it() {
        let picture = shown();
        let names = [0, 2, 3, 4].map(|cell| picture.block_of(cell).map(Block::name));
        assert_eq!(
            names,
            [
                Some("domain-1"),
                Some("domain-1"),
                Some("domain-2"),
                Some("domain-2")
            ]
        );
        assert_eq!(picture.block_of(5), None);
    }
}
