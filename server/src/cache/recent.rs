//! The things that were asked for last, by key.
//!
//! Everything is in order after every call. moka puts work off and does it for sixty-four calls at once, in whichever comes next:
//! that was nothing to a mean, and most of the 99th percentile of a look into memory.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Up to a number of values; the one that was not asked for longest goes first.
pub struct Recent<K, V> {
    capacity: usize,
    inner: Mutex<Inner<K, V>>,
}

/// Trees: hash tables would, now and then, be built anew under the lock.
struct Inner<K, V> {
    /// With the turn in which each was last put in or moved up.
    held: BTreeMap<K, (u64, V)>,
    /// Oldest turn first.
    order: BTreeMap<u64, K>,
    turn: u64,
}

impl<K: Ord + Copy, V: Clone> Recent<K, V> {
    /// Holds up to `capacity` values.
    pub fn new(capacity: usize) -> Self {
        let inner = Inner { held: BTreeMap::new(), order: BTreeMap::new(), turn: 0 };
        Self { capacity, inner: Mutex::new(inner) }
    }

    /// The value of this key.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut inner = self.inner.lock();
        let (turn, value) = inner.held.get(key)?;
        let (turn, value) = (*turn, value.clone());
        // Among the newer half it is safe for long: moving it up at every turn would cost more than the look.
        if inner.turn - turn > self.capacity as u64 / 2 {
            inner.order.remove(&turn);
            let now = inner.next_turn(*key);
            inner.held.insert(*key, (now, value.clone()));
        }
        Some(value)
    }

    /// Keeps a value, in place of the key's other one.
    pub fn insert(&self, key: K, value: V) {
        let mut inner = self.inner.lock();
        let turn = inner.next_turn(key);
        let replaced = inner.held.insert(key, (turn, value));
        if let Some((turn, _)) = &replaced {
            inner.order.remove(turn);
        }
        let crowded = match inner.held.len() > self.capacity {
            true => inner.order.pop_first().and_then(|(_, oldest)| inner.held.remove(&oldest)),
            false => None,
        };
        // What goes is dropped when nobody waits for the lock any more.
        drop(inner);
        drop((replaced, crowded));
    }

    /// How many are held.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.inner.lock().held.len()
    }
}

impl<K: Ord + Copy, V> Inner<K, V> {
    fn next_turn(&mut self, key: K) -> u64 {
        self.turn += 1;
        self.order.insert(self.turn, key);
        self.turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(recent: &Recent<u32, u32>) -> Vec<u32> {
        let inner = recent.inner.lock();
        assert_eq!(inner.held.len(), inner.order.len());
        assert!(inner.order.iter().all(|(turn, key)| inner.held[key].0 == *turn));
        inner.held.keys().copied().collect()
    }

    #[test]
    fn what_was_put_in_last_is_held_and_no_more_than_there_is_room_for() {
        let recent = Recent::new(3);
        (0..10).for_each(|key| recent.insert(key, key * 10));
        assert_eq!(held(&recent), [7, 8, 9]);
        assert_eq!((recent.get(&8), recent.get(&1)), (Some(80), None));
    }

    #[test]
    fn what_is_asked_for_stays() {
        let recent = Recent::new(4);
        recent.insert(0, 0);
        for key in 1..20 {
            recent.insert(key, key);
            assert_eq!(recent.get(&0), Some(0), "after {key}");
        }
        assert_eq!(held(&recent).len(), 4);
    }

    #[test]
    fn a_key_put_in_again_takes_no_second_place() {
        let recent = Recent::new(2);
        (0..5).for_each(|value| recent.insert(1, value));
        recent.insert(2, 0);
        assert_eq!((held(&recent), recent.get(&1)), (vec![1, 2], Some(4)));
    }

    #[test]
    fn without_room_nothing_is_held() {
        let recent = Recent::new(0);
        recent.insert(1, 1);
        assert_eq!(recent.get(&1), None);
    }
}
