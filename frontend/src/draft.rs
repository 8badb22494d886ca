//! What the operator has typed into a form and not yet applied. Pure: the rules themselves are
//! [`lode_shared::Mandate::with`], the same that the server checks.

use lode_shared::{
    Change, FieldError, Limits, Mandate, Mode, PerformanceTuning, Pins, RawBudget, RawMode, RawTargets, Setting,
};

use crate::format::{self, plain};
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
    change: fn(&mut Reader<'_>) -> Change,
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

const fn number(name: &'static str, label: &'static str, help: &'static str) -> Field {
    Field { name, label, help, input: Input::Number }
}

/// What is wanted.
pub const TARGETS: FormSpec = FormSpec {
    part: "targets",
    title: "Targets",
    fields: &[
        number("response_s", "Response time, s", "0.1 to 20"),
        number("success_pct", "Success, %", "1 to 100"),
        number("hit_rate_pct", "Cache hits, %", "0 to 100"),
    ],
    in_force: |tuning| {
        let targets = RawTargets::from(tuning.targets);
        [targets.response_s, targets.success_pct, targets.hit_rate_pct].map(plain).into()
    },
    now: |tuning, name| {
        let share = |value: Option<f64>| value.map(|share| format!("{} %", format::percent(share)));
        match name {
            "response_s" => tuning.observed.response_s.map(format::response_text),
            "success_pct" => share(tuning.observed.success_pct),
            _ => share(tuning.observed.hit_rate_pct),
        }
    },
    change: |read| {
        Change::Targets(RawTargets {
            response_s: read.number("response_s"),
            success_pct: read.number("success_pct"),
            hit_rate_pct: read.number("hit_rate_pct"),
        })
    },
};

/// What may never be traded for a target.
pub const BUDGET: FormSpec = FormSpec {
    part: "budget",
    title: "Wrong answers allowed",
    fields: &[number("false_hit_pct", "Of the answers from memory, %", "0.05 to 20")],
    in_force: |tuning| vec![plain(tuning.budget_pct)],
    now: |_, _| None,
    change: |read| Change::Budget(RawBudget { false_hit_pct: read.number("false_hit_pct") }),
};

/// Who decides.
pub const MODE: FormSpec = FormSpec {
    part: "mode",
    title: "Who decides",
    fields: &[Field {
        name: "mode",
        label: "Mode",
        help: "exact only: memory answers exact repeats alone",
        input: Input::Choice(&[("auto", "the tuner"), ("hold", "nobody: hold"), ("exact_only", "exact only")]),
    }],
    in_force: |tuning| vec![tuning.mode.label().into()],
    now: |_, _| None,
    change: |read| {
        let modes = [Mode::Auto, Mode::Hold, Mode::ExactOnly];
        let mode = modes.into_iter().find(|mode| mode.label() == read.text("mode"));
        Change::Mode(RawMode { mode: mode.unwrap_or_default() })
    },
};

/// What the operator holds himself.
pub const PINS: FormSpec = FormSpec {
    part: "pins",
    title: "Settings held by hand",
    fields: &[
        number("match_threshold", "Match threshold", "empty: the tuner's"),
        number("ttl_s", "Time to live, s", "empty: the tuner's"),
        number("capacity", "Capacity, answers", "empty: the tuner's"),
        number("shadow_pct", "Checks of similar answers, %", "empty: the tuner's"),
        number("hedge_percentile", "Hedge after percentile", "empty: the tuner's"),
    ],
    in_force: |tuning| {
        let Pins { match_threshold, ttl_s, capacity, shadow_pct, hedge_percentile } = tuning.pins;
        let whole = |value: Option<u64>| value.map(|value| value.to_string());
        let texts = [
            match_threshold.map(plain),
            whole(ttl_s.map(u64::from)),
            whole(capacity),
            shadow_pct.map(plain),
            whole(hedge_percentile.map(u64::from)),
        ];
        texts.map(Option::unwrap_or_default).into()
    },
    now: |tuning, name| {
        let settings = &tuning.settings;
        let setting = match name {
            "match_threshold" => Setting::MatchThreshold,
            "ttl_s" => Setting::Ttl,
            "capacity" => Setting::Capacity,
            "shadow_pct" => Setting::ShadowShare,
            _ => Setting::HedgePercentile,
        };
        Some(setting.show(settings.get(setting)))
    },
    change: |read| {
        Change::Pins(Pins {
            match_threshold: read.given("match_threshold").then(|| read.number("match_threshold")),
            ttl_s: read.given("ttl_s").then(|| read.small("ttl_s")),
            capacity: read.given("capacity").then(|| read.whole("capacity")),
            shadow_pct: read.given("shadow_pct").then(|| read.number("shadow_pct")),
            hedge_percentile: read.given("hedge_percentile").then(|| read.small("hedge_percentile")),
        })
    },
};

/// What the tuner may not cross.
pub const LIMITS: FormSpec = FormSpec {
    part: "limits",
    title: "Limits of the tuner",
    fields: &[
        number("threshold_min", "Lowest threshold", "0.5 to the highest"),
        number("threshold_max", "Highest threshold", "0.5 to 0.9999"),
        number("threshold_step", "Step of the threshold", "0.0005 to 0.05"),
        number("ttl_min_s", "Shortest time to live, s", "1 to the longest"),
        number("ttl_max_s", "Longest time to live, s", "1 to 604800"),
        number("ttl_step_s", "Step of the time to live, s", "1 to 86400"),
        number("capacity_min", "Smallest capacity", "1 to the largest"),
        number("capacity_max", "Largest capacity", "1 to 100000000"),
        number("shadow_min_pct", "Fewest checks, %", "0 to the most"),
        number("shadow_max_pct", "Most checks, %", "0 to 100"),
        number("hedge_min", "Earliest hedge, percentile", "50 to the latest"),
        number("hedge_max", "Latest hedge, percentile", "50 to 99"),
    ],
    in_force: |tuning| {
        let limits = &tuning.limits;
        let Limits { capacity_min, capacity_max, .. } = *limits;
        vec![
            plain(limits.threshold_min),
            plain(limits.threshold_max),
            plain(limits.threshold_step),
            limits.ttl_min_s.to_string(),
            limits.ttl_max_s.to_string(),
            limits.ttl_step_s.to_string(),
            capacity_min.to_string(),
            capacity_max.to_string(),
            plain(limits.shadow_min_pct),
            plain(limits.shadow_max_pct),
            limits.hedge_min.to_string(),
            limits.hedge_max.to_string(),
        ]
    },
    now: |_, _| None,
    change: |read| {
        Change::Limits(Limits {
            threshold_min: read.number("threshold_min"),
            threshold_max: read.number("threshold_max"),
            threshold_step: read.number("threshold_step"),
            ttl_min_s: read.small("ttl_min_s"),
            ttl_max_s: read.small("ttl_max_s"),
            ttl_step_s: read.small("ttl_step_s"),
            capacity_min: read.whole("capacity_min"),
            capacity_max: read.whole("capacity_max"),
            shadow_min_pct: read.number("shadow_min_pct"),
            shadow_max_pct: read.number("shadow_max_pct"),
            hedge_min: read.small("hedge_min"),
            hedge_max: read.small("hedge_max"),
        })
    },
};

/// Reads texts as what they should be, and remembers every fault.
struct Reader<'a> {
    fields: &'static [Field],
    texts: &'a [String],
    faults: Vec<FieldError>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> &str {
        let place = self.fields.iter().position(|field| field.name == name);
        place.and_then(|place| self.texts.get(place)).map_or("", |text| text.trim())
    }

    fn given(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    fn number(&mut self, name: &str) -> f64 {
        match format::number(self.text(name)) {
            Some(value) => value,
            None if self.given(name) => self.fault(name, "Enter a number, such as 1.5."),
            None => self.fault(name, "Enter a number; the field is empty."),
        }
    }

    fn whole(&mut self, name: &str) -> u64 {
        match self.text(name).parse() {
            Ok(value) => value,
            Err(_) => self.fault(name, "Enter a whole number, such as 600.") as u64,
        }
    }

    fn small(&mut self, name: &str) -> u32 {
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

/// Shows a change that was made at once: the next snapshot says the same, up to a second later.
pub fn put(tuning: &mut PerformanceTuning, change: &Change) {
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
    use lode_shared::Snapshot;

    use super::*;

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
        put(&mut tuning, &Change::Mode(RawMode { mode: Mode::Hold }));
        assert_eq!((tuning.mode, tuning.version), (Mode::Hold, version + 1));
    }
}
