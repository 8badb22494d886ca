//! What looks at a miner, or at the place where one is to run: `lode check`, `lode status`, `lode alert test`.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use super::{Exit, data_dir, failed, load, say, usage};
use crate::alerts::Webhook;
use crate::check::{self, Verdict};
use crate::cli::{RunArgs, StatusArgs};
use crate::clock::Clock;
use crate::config;
use crate::solver::Meters;
use crate::status::{self, Asker};

/// Between two looks of `status --watch`.
const WATCH_PERIOD: Duration = Duration::from_secs(2);

/// Tells every fault of the file, or the first of the flags and variables; or what there is, and how the chain sees us.
pub async fn check(args: &RunArgs) -> Result<(), Exit> {
    let default = Path::new(config::DEFAULT_FILE);
    let file = args.config.as_deref().or_else(|| default.exists().then_some(default));
    let faults = file.map(config::check).transpose().map_err(|error| usage(&error))?.unwrap_or_default();
    if let (Some(file), false) = (file, faults.is_empty()) {
        let told: Vec<_> = faults.iter().map(|fault| format!("{}, {fault}", file.display())).collect();
        return Err(usage(&told.join("\nlode: ")));
    }
    let config = load(args)?;
    let (adapters, _) = config::build_adapters(&config, &Meters::new()).map_err(|error| usage(&error))?;
    let mut names: Vec<_> = adapters.by_name.keys().map(String::as_str).collect();
    names.sort_unstable();
    let file = file.map_or("the defaults".into(), |file| file.display().to_string());
    let mut out = std::io::stdout();
    writeln!(out, "✓ {:<13} {file}: good. Synapses: {}.", "configuration", names.join(", "))
        .map_err(|error| failed(&error))?;
    let lines = check::check(&config, &data_dir(&args.data, &config)?, &Clock::system()).await;
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(|error| failed(&error))?;
    let bad = lines.iter().filter(|line| line.verdict >= Verdict::Outside).count();
    match lines.iter().map(|line| line.verdict).max() {
        Some(Verdict::Mend) => Err(usage(&format!("{bad} of these are not well"))),
        Some(Verdict::Outside) => Err(failed(&format!("{bad} of these are not well"))),
        _ => Ok(()),
    }
}

/// Asks a running miner how it is, once or again and again.
pub async fn status(args: &StatusArgs) -> Result<(), Exit> {
    let asker = Asker::new(load(&args.run)?.api.bind).map_err(|error| failed(&error))?;
    let mut out = std::io::stdout();
    loop {
        let asked = asker.ask().await;
        let text = match &asked {
            Ok(status) if args.json => format!("{}\n", status.json),
            Ok(status) => status::text(&status.snapshot),
            Err(_) => String::new(),
        };
        let clear = if args.watch && !args.json && out.is_terminal() { "\x1b[H\x1b[2J" } else { "" };
        write!(out, "{clear}{text}").and_then(|()| out.flush()).map_err(|error| failed(&error))?;
        if !args.watch {
            let status = asked.map_err(|error| failed(&error))?;
            return status.waiting.map_or(Ok(()), |waiting| Err(failed(&waiting)));
        }
        if let Err(error) = asked {
            let _ = writeln!(std::io::stderr(), "lode: {error}");
        }
        tokio::time::sleep(WATCH_PERIOD).await;
    }
}

/// Sends one message to where alerts go.
pub async fn alert_test(args: &RunArgs) -> Result<(), Exit> {
    let config = load(args)?;
    let webhook = Webhook::new(&config.alerts, |name| std::env::var(name).ok()).map_err(|error| usage(&error))?;
    let webhook = webhook.ok_or_else(|| {
        usage(&"no webhook is named: put its URL into a file and name that in alerts.webhook_file, or set LODE_ALERTS_WEBHOOK")
    })?;
    webhook.test(&config).await.map_err(|error| failed(&error))?;
    say(format!("The webhook's service has taken the message, as {}.\n", webhook.format().word()).as_bytes())
}
