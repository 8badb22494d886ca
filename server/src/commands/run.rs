//! `lode run`: load, start, say where, run, drain.

use std::io::{IsTerminal, Write};

use tokio::sync::mpsc;

use super::{Exit, data_dir, failed, load, usage};
use crate::app::{App, Reload, Surroundings};
use crate::chain::Network;
use crate::cli::RunArgs;
use crate::clock::Clock;
use crate::{config, shutdown, supervisor, telemetry};

/// Answers validators until SIGTERM or Ctrl-C.
pub async fn run(args: RunArgs) -> Result<(), Exit> {
    let config = load(&args)?;
    let data_dir = data_dir(&args.data, &config)?;
    let clock = match config.subtensor.network() {
        Network::Devnet => Clock::system().faster(config.devnet.speed),
        _ => Clock::system(),
    };
    let telemetry = telemetry::init(clock.clone(), &config.log).map_err(|error| usage(&error))?;
    // Before anybody is told that we are here: who is told may stop us at once.
    let signals = shutdown::Signals::new().map_err(|error| failed(&format!("cannot wait for signals: {error}")))?;
    let (reload, asked) = mpsc::channel(1);
    let again = Box::new(move || config::load(args.config.as_deref(), args.layer()));
    let surroundings = Surroundings {
        clock,
        log: telemetry.ring.clone(),
        feeder: Some(telemetry.feeder),
        reload: Some(Reload { asked, load: again }),
    };
    let headless = config.api.headless || cfg!(not(feature = "ui"));
    let app = App::start(config, &data_dir, surroundings).await;
    let app = app.map_err(|error| if error.is_passing() { failed(&error) } else { usage(&error) })?;
    say_where(&app, headless);
    supervisor::ready(&format!("Axon {} answers on {}", app.hotkey, app.axon));
    let stop = async {
        let signal = tokio::select! {
            signal = signals.next(reload) => signal,
            () = supervisor::keep_alive() => unreachable!("it never ends"),
        };
        supervisor::stopping();
        tracing::info!("{signal}: finishing the requests in flight");
    };
    app.run(stop).await.map_err(|error| failed(&error))
}

/// For whoever started us by hand. The token goes to a terminal only, never into a log: it stands in the link's fragment,
/// which browsers do not send.
fn say_where(app: &App, headless: bool) {
    tracing::info!("axon {} answers on {}", app.hotkey, app.axon);
    tracing::info!("API on http://{}", app.api);
    let mut out = std::io::stdout();
    if !headless {
        let token = if out.is_terminal() { format!("/#token={}", app.token.reveal()) } else { String::new() };
        // Whoever reads our output may have gone; the miner goes on.
        let _ = writeln!(out, "\n  Dashboard  http://{}{token}\n", app.api);
    }
}
