//! A share of all calls: how many may be treated apart.

/// Of this many calls' worth is saved up at most.
const SAVED: u32 = 10;
const WHOLE: u32 = 100;

/// Lets a share of the calls through, counted in percent so that it is exact.
#[derive(Debug, Clone)]
pub struct Share {
    percent: u32,
    saved: u32,
}

impl Share {
    /// At most `percent` of all calls, 0 to 100. Nothing is saved up at first.
    pub fn new(percent: u8) -> Self {
        Self { percent: u32::from(percent).min(WHOLE), saved: 0 }
    }

    /// Counts a call.
    pub fn count(&mut self) {
        self.saved = (self.saved + self.percent).min(SAVED * WHOLE);
    }

    /// Takes one call's worth, if it is there.
    pub fn take(&mut self) -> bool {
        let is_there = self.saved >= WHOLE;
        self.saved -= if is_there { WHOLE } else { 0 };
        is_there
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tenth_is_every_tenth_call() {
        let mut share = Share::new(10);
        let mut take = || {
            share.count();
            share.take()
        };
        let taken: Vec<_> = (1..=30).filter(|_| take()).collect();
        assert_eq!(taken, [10, 20, 30]);
    }

    #[test]
    fn only_so_much_is_saved_up() {
        let mut share = Share::new(50);
        (0..1_000).for_each(|_| share.count());
        assert_eq!((0..1_000).filter(|_| share.take()).count(), SAVED as usize);
    }

    proptest! {
        #[test]
        fn never_more_than_the_share(percent in 0_u8..=100, wishes in prop::collection::vec(any::<bool>(), 1..300)) {
            let (mut share, mut taken) = (Share::new(percent), 0);
            for (before, wish) in wishes.iter().enumerate() {
                share.count();
                taken += usize::from(*wish && share.take());
                prop_assert!(taken * 100 <= (before + 1) * usize::from(percent));
            }
        }
    }
}
