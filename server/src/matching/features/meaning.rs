//! How much of what one text says the other says too, piece by piece, whatever kind of words they are: open questions are told
//! apart by all of their words, not by those alone that a request is made of.

use crate::matching::embedding::{Row, dots, piece_direction};

/// Pieces a side that are looked at: the features of longer texts tell of their beginnings.
const READ: usize = 128;

/// Pieces without an equal one, a side, that are compared by their rows; more of them are as good as unlike.
const COMPARED: usize = 24;

/// A piece's row, the length of the row, and how much the piece says.
struct Look {
    row: &'static Row,
    length: f32,
    weight: f32,
}

/// Covered share of either text, the first's and the second's: pieces that both have count whole, others as far as the nearest such
/// piece of the other text is like them. Weights grow faster than the table's lengths, which are small for common words.
pub(super) fn shares(first: &[u16], second: &[u16]) -> (f32, f32) {
    let (first, second) = (&first[..first.len().min(READ)], &second[..second.len().min(READ)]);
    let (ones, met_one, whole_one) = parted(first, second);
    let (twos, met_two, whole_two) = parted(second, first);
    let (mut nearest_one, mut nearest_two) = ([0.0_f32; COMPARED], [0.0_f32; COMPARED]);
    let rows: Vec<&Row> = twos.iter().map(|look| look.row).collect();
    let mut products = [0; COMPARED];
    for (one, near_one) in ones.iter().zip(&mut nearest_one) {
        dots(one.row, &rows, &mut products);
        for ((two, product), near_two) in twos.iter().zip(products).zip(&mut nearest_two) {
            let likeness = cosine(one, two, product);
            (*near_one, *near_two) = (near_one.max(likeness), near_two.max(likeness));
        }
    }
    let share = |looks: &[Look], nearest: &[f32], met: f32, whole: f32| {
        let like: f32 = looks.iter().zip(nearest).map(|(look, nearest)| look.weight * nearest).sum();
        if whole > 0.0 { (met + like) / whole } else { 1.0 }
    };
    (share(&ones, &nearest_one, met_one, whole_one), share(&twos, &nearest_two, met_two, whole_two))
}

/// The first pieces that the other text lacks, the weight of those it has, and the weight of all.
fn parted(pieces: &[u16], others: &[u16]) -> (Vec<Look>, f32, f32) {
    let (mut looks, mut met, mut whole) = (Vec::with_capacity(COMPARED), 0.0, 0.0);
    for piece in pieces {
        let (row, length, weight) = piece_direction(*piece);
        let weight = weight * weight.sqrt();
        whole += weight;
        if others.contains(piece) {
            met += weight;
        } else if looks.len() < COMPARED {
            looks.push(Look { row, length, weight });
        }
    }
    (looks, met, whole)
}

fn cosine(a: &Look, b: &Look, product: i32) -> f32 {
    let lengths = a.length * b.length;
    if lengths > 0.0 { product as f32 / lengths } else { 0.0 }
}
