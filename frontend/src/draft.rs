//! What the operator has typed into a form and not yet applied. Pure: the rules themselves are
//! [`lode_shared::Mandate::with`], the same that the server checks.

use lode_shared::{Change, FieldError, Mandate, PerformanceTuning};

use crate::format;
use crate::ui::field::Input;

/// A form: one part of what the operator lets the tuner do.
#[derive(Debug)]
pub struct FormSpec {
    /// The last word of its route, and the beginning of its elements' names.
    pub part: &'static str,
    pub title: &'static str,
    pub fields: &'static [Field],
    /// What is in force, a text for each field.
    pub in_force: fn(&PerformanceTuning) -> Vec<String>,
    /// What is measured now beside each field; absent where nothing is, or nothing can be.
    pub now: fn(&PerformanceTuning, &'static str) -> Option<String>,
    pub change: fn(&mut Reader<'_>) -> Change,
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    /// Its name on the wire, in which the server reports faults.
    pub name: &'static str,
    /// What is asked, with its unit.
    pub label: &'static str,
    /// What is allowed.
    pub help: &'static str,
    pub input: Input,
}

/// Reads texts as what they should be, and remembers every fault.
pub struct Reader<'a> {
    fields: &'static [Field],
    texts: &'a [String],
    faults: Vec<FieldError>,
}

impl Reader<'_> {
    pub fn text(&self, name: &str) -> &str {
        let place = self.fields.iter().position(|field| field.name == name);
        place.and_then(|place| self.texts.get(place)).map_or("", |text| text.trim())
    }

    pub fn given(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    pub fn number(&mut self, name: &str) -> f64 {
        match format::number(self.text(name)) {
            Some(value) => value,
            None if self.given(name) => self.fault(name, "Enter a number, such as 1.5."),
            None => self.fault(name, "Enter a number; the field is empty."),
        }
    }

    pub fn whole(&mut self, name: &str) -> u64 {
        match format::number(self.text(name)).filter(|value| *value >= 0.0 && value.fract() == 0.0) {
            Some(value) => value as u64,
            None => self.fault(name, "Enter a whole number, such as 600.") as u64,
        }
    }

    pub fn small(&mut self, name: &str) -> u32 {
        // What does not fit is out of every range, and told as that.
        self.whole(name).min(u32::MAX.into()) as u32
    }

    fn fault(&mut self, name: &str, message: &str) -> f64 {
        self.faults.push(FieldError { field: name.into(), message: message.into() });
        0.0
    }
}

/// What the operator decides, as it is in force.
fn mandate(tuning: &PerformanceTuning) -> Mandate {
    Mandate {
        targets: tuning.targets,
        budget_pct: tuning.budget_pct,
        limits: tuning.limits,
        mode: tuning.mode,
        pins: tuning.pins,
    }
}

impl FormSpec {
    /// What each field shows: what was typed, or else what is in force.
    pub fn texts(&self, tuning: &PerformanceTuning, typed: &[Option<String>]) -> Vec<String> {
        let in_force = (self.in_force)(tuning);
        in_force.into_iter().enumerate().map(|(at, text)| typed.get(at).cloned().flatten().unwrap_or(text)).collect()
    }

    /// The change that the texts ask for, or every fault in them.
    pub fn read(&self, tuning: &PerformanceTuning, texts: &[String]) -> Result<Change, Vec<FieldError>> {
        let mut reader = Reader { fields: self.fields, texts, faults: Vec::new() };
        let change = (self.change)(&mut reader);
        let mut faults = reader.faults;
        if let Err(more) = mandate(tuning).with(&change) {
            let is_new = |fault: &FieldError| faults.iter().all(|known| known.field != fault.field);
            let more: Vec<_> = more.into_iter().filter(is_new).collect();
            faults.extend(more);
        }
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }

    /// The part as its route takes it. Only for texts that [`FormSpec::read`] takes: these are numbers, or one of the words
    /// of a choice.
    pub fn json(&self, texts: &[String]) -> String {
        let given = self.fields.iter().zip(texts).filter(|(_, text)| !text.trim().is_empty());
        let member = given.map(|(field, text)| match field.input {
            Input::Choice(_) => format!("\"{}\":\"{}\"", field.name, text.trim()),
            // JSON wants a digit on both sides of a dot.
            _ => format!("\"{}\":{}", field.name, format::number(text.trim()).unwrap_or_default()),
        });
        format!("{{{}}}", member.collect::<Vec<_>>().join(","))
    }

    /// Old and new of each field that would change: `response time, s: 1.5 → 1.2`.
    pub fn changes(&self, tuning: &PerformanceTuning, texts: &[String]) -> Vec<String> {
        let in_force = (self.in_force)(tuning);
        let told = |text: &str| if text.is_empty() { "the tuner's".to_owned() } else { text.to_owned() };
        let fields = self.fields.iter().zip(in_force).zip(texts);
        fields
            .filter(|((_, old), new)| !is_same(old, new.trim()))
            .map(|((field, old), new)| format!("{}: {} → {}", field.label, told(&old), told(new.trim())))
            .collect()
    }
}

/// `1.50` is no change of `1.5`.
fn is_same(old: &str, new: &str) -> bool {
    old == new || format::number(old).is_some_and(|old| format::number(new) == Some(old))
}

/// The message for one field, if it has a fault.
pub fn fault_of(faults: &[FieldError], name: &str) -> Option<String> {
    faults.iter().find(|fault| fault.field == name).map(|fault| fault.message.clone())
}

/// Shows a change that was made over `version` at once: the next snapshot says the same, up to a second later. Where it has
/// come already, or somebody else's change with it, that stays.
pub fn put(tuning: &mut PerformanceTuning, change: &Change, version: Option<u64>) {
    if version.is_some_and(|version| version < tuning.version) {
        return;
    }
    if let Ok(changed) = mandate(tuning).with(change) {
        tuning.targets = changed.targets;
        tuning.budget_pct = changed.budget_pct;
        tuning.limits = changed.limits;
        tuning.mode = changed.mode;
        tuning.pins = changed.pins;
        tuning.version += 1;
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::{Limits, Mode, Pins, RawMode, RawTargets, Snapshot};

    use super::*;
    use crate::forms::{BUDGET, LIMITS, MODE, PINS, TARGETS};

    fn tuning() -> PerformanceTuning {
        let sample = include_str!("../../shared/src/snapshot.json");
        let snapshot: Snapshot = serde_json::from_str(sample).expect("the payload sample");
        PerformanceTuning {
            targets: lode_shared::Targets::default(),
            limits: Limits::default(),
            pins: Pins::default(),
            budget_pct: 1.0,
            mode: Mode::Auto,
            ..snapshot.performance_tuning
        }
    }

    /// A dot stands for a field nobody touched.
    fn typed(spec: &FormSpec, texts: &[&str]) -> Vec<String> {
        let typed: Vec<_> = texts.iter().map(|text| (*text != ".").then(|| (*text).to_owned())).collect();
        spec.texts(&tuning(), &typed)
    }

    fn faults(spec: &FormSpec, texts: &[&str]) -> Vec<FieldError> {
        spec.read(&tuning(), &typed(spec, texts)).expect_err("there is a fault")
    }

    #[test]
    fn untouched_fields_keep_what_is_in_force() {
        let in_force = RawTargets::from(tuning().targets);
        let read = |texts: &[&str]| TARGETS.read(&tuning(), &typed(&TARGETS, texts));
        assert_eq!(read(&[".", ".", "."]), Ok(Change::Targets(in_force)));
        assert_eq!(read(&[" 1.2 ", "."]), Ok(Change::Targets(RawTargets { response_s: 1.2, ..in_force })));
    }

    #[test]
    fn every_form_reads_back_what_is_in_force() {
        for spec in [&TARGETS, &BUDGET, &MODE, &PINS, &LIMITS] {
            let texts = typed(spec, &[]);
            assert_eq!(texts.len(), spec.fields.len(), "{}", spec.part);
            let change = spec.read(&tuning(), &texts).expect("what is in force is allowed");
            assert_eq!(change, change.of(&mandate(&tuning())), "{}", spec.part);
            assert_eq!(change.part(), spec.part);
            assert!(spec.changes(&tuning(), &texts).is_empty());
        }
    }

    #[test]
    fn what_is_sent_is_what_was_read() {
        for (spec, texts) in [
            (&TARGETS, vec![" .5", "85.", "60"]),
            (&BUDGET, vec!["0.05"]),
            (&MODE, vec!["exact_only"]),
            (&PINS, vec!["0.93", "", "", "2.5", ""]),
            (&LIMITS, vec!["0.9", "0.97"]),
        ] {
            let texts = typed(spec, &texts);
            let change = spec.read(&tuning(), &texts).expect("allowed");
            let sent = format!("{{\"{}\":{}}}", spec.part, spec.json(&texts));
            assert_eq!(serde_json::from_str::<Change>(&sent).expect("JSON"), change, "{sent}");
        }
    }

    #[test]
    fn an_empty_field_and_a_word_are_told_apart() {
        let faults = faults(&TARGETS, &["", "many"]);
        assert_eq!(fault_of(&faults, "response_s").as_deref(), Some("Enter a number; the field is empty."));
        assert_eq!(fault_of(&faults, "success_pct").as_deref(), Some("Enter a number, such as 1.5."));
        assert_eq!(fault_of(&faults, "hit_rate_pct"), None);
    }

    #[test]
    fn infinity_is_no_number_to_an_operator_and_half_a_second_is_no_time_to_live() {
        assert_eq!(faults(&TARGETS, &["inf", "NaN"]).len(), 2);
        assert_eq!(faults(&PINS, &[".", "600.5"])[0].field, "ttl_s");
    }

    #[test]
    fn every_fault_is_told_at_once_whichever_rule_it_breaks() {
        let faults = faults(&TARGETS, &["x", "185", "-1"]);
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["response_s", "success_pct", "hit_rate_pct"]);
    }

    #[test]
    fn a_pin_that_is_emptied_is_the_tuners_again() {
        let mut tuning = tuning();
        tuning.pins.match_threshold = Some(0.93);
        let texts = PINS.texts(&tuning, &[Some(String::new())]);
        assert_eq!(PINS.read(&tuning, &texts), Ok(Change::Pins(Pins::default())));
        assert_eq!(PINS.changes(&tuning, &texts), ["Match threshold: 0.93 → the tuner's"]);
    }

    #[test]
    fn a_change_is_told_old_to_new_and_a_nought_more_is_none() {
        let texts = typed(&TARGETS, &["1.2", "85.0", "60"]);
        assert_eq!(TARGETS.changes(&tuning(), &texts), ["Response time, s: 1.5 → 1.2", "Cache hits, %: 50 → 60"]);
    }

    #[test]
    fn a_change_that_was_made_is_shown_with_its_version() {
        let mut tuning = tuning();
        let version = tuning.version;
        put(&mut tuning, &Change::Mode(RawMode { mode: Mode::Hold }), Some(version));
        assert_eq!((tuning.mode, tuning.version), (Mode::Hold, version + 1));
        put(&mut tuning, &Change::Mode(RawMode { mode: Mode::Auto }), Some(version));
        assert_eq!((tuning.mode, tuning.version), (Mode::Hold, version + 1), "the snapshot was quicker");
    }
}
