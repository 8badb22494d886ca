//! A table of words, built by the compiler: one multiplication per letter, one probe per word.

/// FNV-1a over lower-case ASCII. Other letters count as they are.
pub(super) const fn hash(bytes: &[u8]) -> u64 {
    more(SEED, bytes)
}

/// Goes on hashing from `state`, so that an ending can be tried without copying the stem.
pub(super) const fn more(mut state: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        state = (state ^ bytes[i].to_ascii_lowercase() as u64).wrapping_mul(PRIME);
        i += 1;
    }
    state
}

/// The same without folding case: for values, which are what they are.
pub(super) fn hash_exact(bytes: &[u8]) -> u64 {
    bytes.iter().fold(SEED, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Two hashes as one, in order.
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Open addressing over the words' hashes. `N` is a power of two, at least twice the number of words.
pub(super) struct Table<T: 'static, const N: usize>([Option<(u64, T)>; N]);

impl<T: Copy, const N: usize> Table<T, N> {
    /// From lists of words, separated by blanks, each with what they mean. The first meaning of a word stands.
    pub(super) const fn new(lists: &[(&str, T)]) -> Self {
        let mut table = Self([None; N]);
        let mut list = 0;
        while list < lists.len() {
            table.take(lists[list].0, lists[list].1);
            list += 1;
        }
        table
    }

    const fn take(&mut self, words: &str, meaning: T) {
        let bytes = words.as_bytes();
        let (mut i, mut state) = (0, SEED);
        while i <= bytes.len() {
            if i == bytes.len() || bytes[i] == b' ' {
                let at = self.seat(state);
                if self.0[at].is_none() {
                    self.0[at] = Some((state, meaning));
                }
                state = SEED;
            } else {
                state = (state ^ bytes[i] as u64).wrapping_mul(PRIME);
            }
            i += 1;
        }
    }

    /// Where this key is, or would be.
    const fn seat(&self, key: u64) -> usize {
        let mut at = ((key ^ (key >> 32)) as usize) % N;
        while let Some((held, _)) = self.0[at] {
            if held == key {
                return at;
            }
            at = (at + 1) % N;
        }
        at
    }

    /// What the word of this hash means.
    pub(super) fn get(&self, key: u64) -> Option<T> {
        self.0[self.seat(key)].map(|(_, meaning)| meaning)
    }

    /// The same for a word in any of its English endings, given its [`stems`]: adds, added, adding, stopped, removes.
    pub(super) fn get_any(&self, word: &[u8], stems: &[Option<u64>]) -> Option<T> {
        self.get(hash(word)).or_else(|| stems.iter().flatten().find_map(|stem| self.get(*stem)))
    }
}

impl<const N: usize> Table<u128, N> {
    /// From pairs of lists: bit `2 n` for the words on the left of pair `n`, the next for its right. A word may stand in
    /// several pairs.
    pub(super) const fn of_sides(pairs: &[(&str, &str)]) -> Self {
        let mut table = Self([None; N]);
        let mut pair = 0;
        while pair < pairs.len() {
            table.join(pairs[pair].0, 1 << (2 * pair));
            table.join(pairs[pair].1, 2 << (2 * pair));
            pair += 1;
        }
        table
    }

    const fn join(&mut self, words: &str, bit: u128) {
        let bytes = words.as_bytes();
        let (mut i, mut state) = (0, SEED);
        while i <= bytes.len() {
            if i == bytes.len() || bytes[i] == b' ' {
                let at = self.seat(state);
                let held = match self.0[at] {
                    Some((_, bits)) => bits,
                    None => 0,
                };
                self.0[at] = Some((state, held | bit));
                state = SEED;
            } else {
                state = (state ^ bytes[i] as u64).wrapping_mul(PRIME);
            }
            i += 1;
        }
    }
}

/// The hashes of what a word may be an ending of. At most four guesses; the table says which of them is a word.
pub(super) fn stems(word: &[u8]) -> [Option<u64>; 4] {
    let mut found = [None; 4];
    let ends = |ending: &[u8]| {
        word.len() >= ending.len() + 2 && word[word.len() - ending.len()..].eq_ignore_ascii_case(ending)
    };
    if ends(b"ing") || ends(b"ed") {
        let stem = &word[..word.len() - if ends(b"ing") { 3 } else { 2 }];
        let short = hash(stem);
        found[0] = Some(short);
        found[1] = Some(more(short, b"e"));
        if let [.., a, b] = stem
            && a.eq_ignore_ascii_case(b)
        {
            found[2] = Some(hash(&stem[..stem.len() - 1]));
        }
    } else if ends(b"s") {
        found[0] = Some(hash(&word[..word.len() - 1]));
        if ends(b"es") {
            found[1] = Some(hash(&word[..word.len() - 2]));
        }
    }
    if ends(b"ied") || ends(b"ies") {
        found[3] = Some(more(hash(&word[..word.len() - 3]), b"y"));
    }
    found
}
