//! What lies between agents and server: it delays, loses, repeats, overtakes, and is cut.

use super::{Happening, MILLI, SECOND, World};

/// The weather behind a gateway.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    kind: Sky,
    /// Which spell this is: an older one's end does not end it.
    spell: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Sky {
    #[default]
    Calm,
    /// A third is lost.
    Lossy,
    /// Everything takes up to half a minute, in any order.
    Slow,
    /// Nothing comes through.
    Cut,
}

impl World {
    /// How long a message takes through a gateway; nothing where it is lost.
    pub(super) fn travel(&mut self, gateway: usize) -> Option<u64> {
        let sky = self
            .gateways
            .get(gateway)
            .map_or(Sky::Calm, |weather| weather.kind);
        match sky {
            Sky::Calm => Some(self.random.between(MILLI, 80 * MILLI)),
            Sky::Lossy => {
                let takes = self.random.between(MILLI, 2 * SECOND);
                (!self.random.chance(333)).then_some(takes)
            }
            Sky::Slow => Some(self.random.between(MILLI, 30 * SECOND)),
            Sky::Cut => None,
        }
    }

    /// After which time a copy of a message arrives too, where one does.
    pub(super) fn echo(&mut self) -> Option<u64> {
        self.random
            .chance(60)
            .then(|| self.random.spread(10 * MILLI, 600 * SECOND))
    }

    pub(super) fn is_calm(&self, gateway: usize) -> bool {
        self.gateways
            .get(gateway)
            .is_none_or(|weather| weather.kind == Sky::Calm)
    }

    /// A spell of bad weather behind one gateway.
    pub(super) fn bad_weather(&mut self) {
        let gateway = self.random.index(self.gateways.len());
        let lasts = self.random.spread(5 * SECOND, 3 * 3_600 * SECOND);
        let kind = self
            .random
            .pick(&[Sky::Lossy, Sky::Slow, Sky::Cut, Sky::Cut])
            .unwrap_or_default();
        let spell = self.gateways[gateway].spell + 1;
        self.gateways[gateway] = Weather { kind, spell };
        self.trace.note(
            self.now,
            format_args!("gateway {gateway} is {kind:?} for {} s", lasts / SECOND),
        );
        self.plan(lasts, Happening::Clears { gateway, spell });
        self.see_who_is_well();
    }

    pub(super) fn clear(&mut self, gateway: usize, spell: u32) {
        let weather = &mut self.gateways[gateway];
        if weather.spell == spell {
            weather.kind = Sky::Calm;
            self.trace
                .note(self.now, format_args!("gateway {gateway} is calm"));
            self.see_who_is_well();
        }
    }
}
