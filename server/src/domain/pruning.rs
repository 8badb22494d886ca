//! Who goes when somebody registers on a full subnet, as the chain decides it (subtensor
//! `pallets/subtensor/src/subnets/registration.rs`, `get_neuron_to_prune`).
//!
//! Lowest emission first, then oldest registration, then lowest uid. Neurons in their immunity go only when those past it
//! are down to the floor. The owner's neurons never go, up to their limit.

use std::collections::HashSet;

use super::{ChainView, Neuron};

/// The owner's neurons that are spared where the runtime does not say how many.
const OWNER_NEURONS: usize = 1;

impl ChainView {
    /// Neurons that would be pruned before `uid`, as things stand; 0 means that it is next. One that is never pruned is
    /// behind all others. Nothing when the chain does not tell enough, or there is no such neuron.
    pub fn prune_margin(&self, uid: u16) -> Option<u32> {
        let order = self.prune_order()?;
        order.iter().position(|next| *next == uid).map(|place| place as u32)
    }

    /// All uids, the next to be pruned first, those that never are last.
    fn prune_order(&self) -> Option<Vec<u16>> {
        let owned = self.spared_uids();
        let (mut immune, mut exposed, mut spared) = (Vec::new(), Vec::new(), Vec::new());
        for (uid, neuron) in self.metagraph.rows() {
            let place = (neuron.emission_rao?, neuron.registered_block?, uid);
            if owned.contains(&uid) {
                spared.push(place);
            } else if self.immunity_blocks(neuron)? > 0 {
                immune.push(place);
            } else {
                exposed.push(place);
            }
        }
        for group in [&mut immune, &mut exposed, &mut spared] {
            group.sort_unstable();
        }
        let kept = exposed.split_off(exposed.len().saturating_sub(self.spared.floor.unwrap_or(0).into()));
        let order = exposed.into_iter().chain(immune).chain(kept).chain(spared);
        Some(order.map(|(_, _, uid)| uid).collect())
    }

    /// The owner's neurons: the hotkey named as the owner's, then the oldest of the owner's account, up to the limit.
    fn spared_uids(&self) -> HashSet<u16> {
        let of_owner =
            |neuron: &Neuron| self.spared.owner_coldkey.is_some() && neuron.coldkey == self.spared.owner_coldkey;
        let mut owned: Vec<_> = self
            .metagraph
            .rows()
            .filter(|(_, neuron)| of_owner(neuron))
            .map(|(uid, neuron)| (neuron.registered_block, uid))
            .collect();
        owned.sort_unstable();
        let limit = self.spared.owner_neurons.map_or(OWNER_NEURONS, usize::from);
        let mut uids: Vec<u16> = owned.into_iter().map(|(_, uid)| uid).take(limit).collect();
        let named = self.spared.owner_hotkey.and_then(|hotkey| self.metagraph.find(&hotkey)).map(|(uid, _)| uid);
        if let Some(named) = named.filter(|named| !uids.contains(named)) {
            uids.insert(0, named);
            uids.truncate(limit);
        }
        uids.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Metagraph, Spared};
    use crate::keys::Hotkey;

    fn neuron(id: u8, emission_rao: u64, registered_block: u64) -> Neuron {
        Neuron {
            emission_rao: Some(emission_rao),
            registered_block: Some(registered_block),
            ..Neuron::new(Hotkey::new([id; 32]))
        }
    }

    fn view(neurons: Vec<Neuron>) -> ChainView {
        ChainView {
            block: 10_000,
            immunity_period_blocks: Some(4_096),
            metagraph: Metagraph::new(neurons),
            ..ChainView::default()
        }
    }

    fn margins(view: &ChainView) -> Vec<u32> {
        (0..view.metagraph.neurons().len() as u16).filter_map(|uid| view.prune_margin(uid)).collect()
    }

    #[test]
    fn the_order_is_emission_then_age_then_uid_and_immunity_spares() {
        let view = view(vec![
            neuron(0, 5, 100), // fourth: most emission of those not immune
            neuron(1, 0, 200), // second and third: same emission and age, lower uid first
            neuron(2, 0, 200),
            neuron(3, 0, 9_000), // immune: last
            neuron(4, 0, 50),    // first: no emission, oldest
        ]);
        assert_eq!(margins(&view), [3, 1, 2, 4, 0]);
    }

    #[test]
    fn immunity_ends_with_its_period() {
        let at = |block| ChainView { block, ..view(vec![neuron(0, 0, 1_000), neuron(1, 9, 10)]) };
        assert_eq!(margins(&at(5_095)), [1, 0], "a block is left");
        assert_eq!(margins(&at(5_096)), [0, 1]);
    }

    #[test]
    fn at_the_floor_the_immune_go_first() {
        let mut view =
            view(vec![neuron(0, 0, 1), neuron(1, 5, 1), neuron(2, 9, 1), neuron(3, 0, 9_000), neuron(4, 3, 9_000)]);
        view.spared.floor = Some(2);
        assert_eq!(margins(&view), [0, 3, 4, 1, 2], "one above the floor goes, then the immune, then the two kept");
    }

    #[test]
    fn the_owners_hotkey_never_goes_and_his_others_only_within_the_limit() {
        let owned = |id, block| Neuron { coldkey: Some([7; 32]), ..neuron(id, 0, block) };
        let mut view = view(vec![owned(0, 30), owned(1, 20), neuron(2, 4, 10)]);
        view.spared = Spared { owner_coldkey: Some([7; 32]), ..Spared::default() };
        assert_eq!(margins(&view), [0, 2, 1], "the older of the two is spared");
        view.spared.owner_hotkey = Some(Hotkey::new([0; 32]));
        assert_eq!(margins(&view), [2, 0, 1], "unless another is named");
        view.spared.owner_neurons = Some(2);
        assert_eq!(margins(&view), [2, 1, 0]);
    }

    #[test]
    fn without_emissions_there_is_no_order() {
        let view = view(vec![neuron(0, 0, 1), Neuron::new(Hotkey::new([1; 32]))]);
        assert_eq!(view.prune_margin(0), None);
    }
}
