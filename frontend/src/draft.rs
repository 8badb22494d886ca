//! What the operator has typed into the targets form and not yet applied. Pure: the rule itself is
//! [`lode_shared::Targets::new`], the same that the server checks.

use lode_shared::{FieldError, RawTargets, Targets};

use crate::format::plain;

/// The three fields of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Response,
    Success,
    Hits,
}

impl Field {
    pub const ALL: [Self; 3] = [Self::Response, Self::Success, Self::Hits];

    /// Its name on the wire, in which the server reports faults.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Response => "response_s",
            Self::Success => "success_pct",
            Self::Hits => "hit_rate_pct",
        }
    }

    pub fn of(self, targets: &RawTargets) -> f64 {
        match self {
            Self::Response => targets.response_s,
            Self::Success => targets.success_pct,
            Self::Hits => targets.hit_rate_pct,
        }
    }

    fn set(self, targets: &mut RawTargets, value: f64) {
        match self {
            Self::Response => targets.response_s = value,
            Self::Success => targets.success_pct = value,
            Self::Hits => targets.hit_rate_pct = value,
        }
    }

    /// The allowed values, as the help line tells them.
    pub fn allowed(self) -> String {
        let range = match self {
            Self::Response => Targets::RESPONSE_S,
            Self::Success => Targets::SUCCESS_PCT,
            Self::Hits => Targets::HIT_RATE_PCT,
        };
        format!("{} to {}", plain(*range.start()), plain(*range.end()))
    }
}

/// Texts by [`Field`], in the order of [`Field::ALL`]; absent where nothing was typed and the field shows what is in
/// force.
pub type Texts = [Option<String>; 3];

/// The targets that applying the texts would ask for, or every fault.
pub fn read(texts: &Texts, in_force: RawTargets) -> Result<RawTargets, Vec<FieldError>> {
    let mut wanted = in_force;
    let mut faults = Vec::new();
    for (field, text) in Field::ALL.into_iter().zip(texts) {
        let Some(text) = text.as_deref().map(str::trim) else { continue };
        match text.parse::<f64>() {
            // "inf" and "nan" parse; to a person they are no numbers.
            Ok(value) if value.is_finite() => field.set(&mut wanted, value),
            _ if text.is_empty() => faults.push(fault(field, "Enter a number; the field is empty.")),
            _ => faults.push(fault(field, "Enter a number, such as 1.5.")),
        }
    }
    match Targets::new(wanted) {
        Ok(_) => {}
        Err(more) => faults.extend(more),
    }
    if faults.is_empty() { Ok(wanted) } else { Err(faults) }
}

fn fault(field: Field, message: &str) -> FieldError {
    FieldError { field: field.wire().into(), message: message.into() }
}

/// The message for one field, if it has a fault.
pub fn fault_of(faults: &[FieldError], field: Field) -> Option<String> {
    faults.iter().find(|fault| fault.field == field.wire()).map(|fault| fault.message.clone())
}

/// Old and new of each target that would change: `response 1.5 → 1.2 s`.
pub fn changes(in_force: &RawTargets, wanted: &RawTargets) -> Vec<String> {
    let change = |field: Field| {
        let (old, new) = (field.of(in_force), field.of(wanted));
        let (name, unit) = match field {
            Field::Response => ("response", "s"),
            Field::Success => ("success", "%"),
            Field::Hits => ("cache hits", "%"),
        };
        (old != new).then(|| format!("{name} {} → {} {unit}", plain(old), plain(new)))
    };
    Field::ALL.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_FORCE: RawTargets = RawTargets { response_s: 1.5, success_pct: 85.0, hit_rate_pct: 50.0 };

    fn texts(response: &str, success: &str, hits: &str) -> Texts {
        // A dot stands for a field nobody touched.
        [response, success, hits].map(|text| (text != ".").then(|| text.to_owned()))
    }

    #[test]
    fn untouched_fields_keep_what_is_in_force() {
        assert_eq!(read(&texts(".", ".", "."), IN_FORCE), Ok(IN_FORCE));
        assert_eq!(read(&texts(" 1.2 ", ".", "."), IN_FORCE), Ok(RawTargets { response_s: 1.2, ..IN_FORCE }));
    }

    #[test]
    fn an_empty_field_and_a_word_are_told_apart() {
        let faults = read(&texts("", "many", "."), IN_FORCE).expect_err("neither is a number");
        assert_eq!(fault_of(&faults, Field::Response).as_deref(), Some("Enter a number; the field is empty."));
        assert_eq!(fault_of(&faults, Field::Success).as_deref(), Some("Enter a number, such as 1.5."));
        assert_eq!(fault_of(&faults, Field::Hits), None);
    }

    #[test]
    fn infinity_is_no_number_to_an_operator() {
        let faults = read(&texts("inf", "NaN", "."), IN_FORCE).expect_err("neither is finite");
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn every_fault_is_told_at_once_whichever_rule_it_breaks() {
        let faults = read(&texts("x", "185", "-1"), IN_FORCE).expect_err("all three are wrong");
        for field in Field::ALL {
            assert!(fault_of(&faults, field).is_some(), "{field:?}");
        }
    }

    #[test]
    fn a_change_is_told_old_to_new() {
        let wanted = RawTargets { response_s: 1.2, hit_rate_pct: 60.0, ..IN_FORCE };
        assert_eq!(changes(&IN_FORCE, &wanted), ["response 1.5 → 1.2 s", "cache hits 50 → 60 %"]);
        assert!(changes(&IN_FORCE, &IN_FORCE).is_empty());
    }

    #[test]
    fn the_help_line_tells_the_range_that_is_checked() {
        assert_eq!(Field::ALL.map(Field::allowed), ["0.1 to 20", "1 to 100", "0 to 100"]);
    }
}
