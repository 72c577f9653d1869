//! Which answer is the newest, where several requests for one thing are under way: an older answer that comes
//! late never overwrites a newer one.

/// The requests for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generations {
    begun: u32,
    shown: u32,
}

impl Generations {
    /// A request begins. Answers its number.
    pub fn begin(&mut self) -> u32 {
        self.begun = self.begun.saturating_add(1);
        self.begun
    }

    /// Whether the answer to that request, or its failure, is news; from then on nothing older is.
    pub fn accept(&mut self, generation: u32) -> bool {
        let is_news = generation > self.shown;
        self.shown = self.shown.max(generation);
        is_news
    }

    /// Whether the latest request still waits for its answer.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        self.begun != self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_answer_never_overwrites_a_newer_one() {
        let mut asked = Generations::default();
        let (first, second, third) = (asked.begin(), asked.begin(), asked.begin());
        assert!(asked.accept(second));
        assert!(!asked.accept(first));
        assert!(asked.is_waiting());
        assert!(asked.accept(third));
        assert!(!asked.accept(third));
        assert!(!asked.is_waiting());
    }
}
