// The page in a real Chromium, measured through the DevTools protocol on a miner of its own (devnet): the time to the
// first live figure on a slow machine, CPU while it is watched, memory over minutes and over clicks.
//
//   node frontend/bench/page.mjs [LODE]      MINUTES=60 for the hour, CHROMIUM for another browser
//
// One line for each figure with its bar; exits 1 if any is missed.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const LODE = resolve(process.argv[2] ?? "target/release/lode");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** From then on nothing on a page that stays open should grow. */
const FILLED_AFTER_MINUTES = 16;
const MINUTES = Number(process.env.MINUTES ?? 5);
const WINDOW = { width: 1440, height: 900 };
/** A machine this many times slower than the one that measures. */
const SLOWER = 4;
const PAINTS = 5;
const PAINT_MS = 1_000;
const CPU_SECONDS = 30;
const CPU_PCT = 5;
/** Heap and nodes may be this much more or less than at the first look. */
const DRIFT_PCT = 10;
const ROUNDS = 20;
/** The first figures need a round of the tuner's window. */
const TRAFFIC_MS = 120_000;
const PATIENCE_MS = 60_000;
const MB = 1024 * 1024;

let missed = 0;

function tell(what, measured, bar, isMet) {
  if (!isMet) missed += 1;
  console.log(`${what.padEnd(52)}${measured.padStart(14)}  ${bar.padEnd(12)}${isMet ? "met" : "missed"}`);
}

function show(what, measured) {
  console.log(`${what.padEnd(52)}${measured.padStart(14)}`);
}

/** Starts a miner on free ports with its data in `folder`; resolves when it has told where the page is. */
async function startLode(folder) {
  const data = join(folder, "data");
  const args = ["run", "--subtensor.network", "devnet", "--axon.port", "0", "--api.bind", "127.0.0.1:0"];
  const child = spawn(LODE, [...args, "--data-dir", data], {
    cwd: folder,
    env: { HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said = (said + text).slice(-4_000)));
  const origin = await new Promise((found, failed) => {
    let out = "";
    child.stdout.on("data", (text) => {
      if (out === null) return;
      out += text;
      const address = /http:\/\/[^\s/]+/.exec(out);
      // Whole lines only: the port may come in two pieces.
      if (address && out.indexOf("\n", address.index) >= 0) {
        out = null;
        found(address[0]);
      }
    });
    child.on("error", failed);
    child.on("exit", (code) => failed(new Error(`lode ended with ${code}: ${said}`)));
  });
  return { child, origin };
}

/** Waits for figures: without traffic there is nothing to paint. */
async function untilFigures(origin) {
  for (const until = Date.now() + TRAFFIC_MS; Date.now() < until; await sleep(500)) {
    const snapshot = await (await fetch(`${origin}/api/dashboard`)).json();
    if (typeof snapshot.performance_tuning.observed.response_s === "number") return;
  }
  throw new Error("the demo traffic left no figures");
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(killer);
}

/** Runs in the page before anything of its own: notes when the first live figure has been painted. */
function watchForFigure() {
  const isLive = (element) => {
    if (!/\d/.test(element.textContent)) return false;
    const box = element.getBoundingClientRect();
    const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    return box.width > 0 && box.height > 0 && isInside;
  };
  const observer = new MutationObserver(() => {
    if (![...document.querySelectorAll("[data-value]")].some(isLive)) return;
    observer.disconnect();
    // The task after the next frame's: that frame has been painted.
    requestAnimationFrame(() => setTimeout(() => (window.lodeFigureMs = performance.now())));
  });
  observer.observe(document, { childList: true, characterData: true, subtree: true });
}

/** Runs in the page before anything of its own: keeps the program's memory within reach; no heap figure counts it. */
function keepMemory() {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      window.lodeMemory = (made.instance ?? made).exports.memory;
      return made;
    };
  }
}

/** A page with an empty cache of its own. */
async function open(browser) {
  const context = await browser.newContext({ viewport: WINDOW });
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  return { context, page, protocol };
}

async function paint(browser, origin) {
  const { context, page, protocol } = await open(browser);
  await protocol.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.addInitScript(watchForFigure);
  await page.goto(origin, { waitUntil: "commit" });
  const handle = await page.waitForFunction(() => window.lodeFigureMs, undefined, { timeout: PATIENCE_MS });
  const took = await handle.jsonValue();
  await context.close();
  return took;
}

async function paints(browser, origin) {
  const times = [];
  for (let round = 0; round < PAINTS; round += 1) times.push(await paint(browser, origin));
  times.sort((a, b) => a - b);
  const median = times[PAINTS >> 1];
  const what = `first live figure, CPU ${SLOWER} times slower, median of ${PAINTS}`;
  tell(what, `${median.toFixed(0)} ms`, `< ${PAINT_MS} ms`, median < PAINT_MS);
  show("  the fastest and the slowest", `${times[0].toFixed(0)}, ${times.at(-1).toFixed(0)} ms`);
}

async function metrics(protocol) {
  const { metrics } = await protocol.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** CPU seconds of all of the browser's processes so far, by their type. */
async function browserCpu(browserProtocol) {
  const { processInfo } = await browserProtocol.send("SystemInfo.getProcessInfo");
  const total = (type) =>
    processInfo.filter((process) => !type || process.type === type).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  return { renderer: total("renderer"), all: total() };
}

async function cpu(browser, protocol) {
  const browserProtocol = await browser.newBrowserCDPSession();
  const before = [performance.now(), await metrics(protocol), await browserCpu(browserProtocol)];
  await sleep(CPU_SECONDS * 1_000);
  const after = [performance.now(), await metrics(protocol), await browserCpu(browserProtocol)];
  await browserProtocol.detach();
  const wall = (after[0] - before[0]) / 1_000;
  const of = (name) => (100 * (after[1][name] - before[1][name])) / wall;
  const pct = of("TaskDuration");
  const what = `CPU of the page's tasks over ${CPU_SECONDS} s, of a core`;
  tell(what, `${pct.toFixed(2)} %`, `< ${CPU_PCT} %`, pct < CPU_PCT);
  const parts = ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"].map((name) => of(name).toFixed(2));
  show("  script, style, layout", `${parts.join(", ")} %`);
  const share = (of) => `${((100 * (after[2][of] - before[2][of])) / wall).toFixed(2)} %`;
  show("  its whole process; the whole browser", `${share("renderer")}; ${share("all")}`);
}

/** What the page holds once its garbage is gone. */
async function held({ page, protocol }) {
  await protocol.send("HeapProfiler.collectGarbage");
  const heap = await protocol.send("Runtime.getHeapUsage");
  const { Nodes: nodes, JSEventListeners: listeners } = await metrics(protocol);
  const wasm = await page.evaluate(() => window.lodeMemory?.buffer.byteLength ?? 0);
  if (wasm === 0) throw new Error("the program's memory was not found");
  // Lists of a young miner grow in the document; what a page leaks is out of it.
  const shown = await page.evaluate(() => {
    const walk = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
    let count = 1;
    while (walk.nextNode()) count += 1;
    return count;
  });
  return { heap: heap.usedSize + (heap.backingStorageSize ?? 0), wasm, nodes, shown, listeners };
}

function say(when, now) {
  const megabytes = `${(now.heap / MB).toFixed(2)} + ${(now.wasm / MB).toFixed(2)} MB`;
  const nodes = `${now.nodes} (${now.shown})`;
  show(`  ${when}: heap + wasm; nodes (shown), listeners`, `${megabytes}; ${nodes}, ${now.listeners}`);
}

/** The farthest of `looks` from the first, percent. */
function drift(looks, of) {
  const first = of(looks[0]);
  const drifts = looks.map((look) => (100 * (of(look) - first)) / first);
  return drifts.reduce((far, drift) => (Math.abs(drift) > Math.abs(far) ? drift : far));
}

function tellDrift(what, looks) {
  for (const figure of ["heap", "wasm", "nodes", "listeners"]) {
    const pct = drift(looks, (look) => look[figure]);
    const signed = `${pct >= 0 ? "+" : ""}${pct.toFixed(1)} %`;
    tell(`${what}: ${figure}`, signed, `± ${DRIFT_PCT} %`, Math.abs(pct) <= DRIFT_PCT);
  }
}

async function minutes(tab, opened) {
  const looks = [];
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    await sleep(Math.max(0, opened + minute * 60_000 - performance.now()));
    looks.push(await held(tab));
    say(`minute ${minute}`, looks.at(-1));
  }
  // The charts' range of a quarter of an hour and the list of decisions fill first; less time cannot tell growth from filling.
  const from = MINUTES > FILLED_AFTER_MINUTES + 1 ? FILLED_AFTER_MINUTES : 1;
  if (looks.length > 1) tellDrift(`minute ${from} to ${MINUTES}`, looks.slice(from - 1));
}

/** Clicks through the page's routes, there and back; a page without any has nothing to show here. */
async function clicks(tab) {
  const { page } = tab;
  const routes = await page.$$eval("nav a", (links) => [
    ...new Set(
      links
        .map((link) => new URL(link.href))
        .filter((url) => url.origin === location.origin && !url.hash)
        .map((url) => url.pathname),
    ),
  ]);
  if (routes.length < 2) {
    show("clicks through the routes", "no routes");
    return;
  }
  const home = new URL(page.url()).pathname;
  const order = [...routes.filter((route) => route !== home), ...routes.filter((route) => route === home)];
  const round = async () => {
    for (const route of order) {
      // In the page: a link that a narrow window hides is still one.
      await page.evaluate((path) => {
        [...document.querySelectorAll("nav a")].find((link) => new URL(link.href).pathname === path).click();
      }, route);
      await page.waitForFunction((path) => location.pathname === path, route, { timeout: PATIENCE_MS });
      // What it fetches and paints.
      await sleep(300);
    }
  };
  // What is made once, at the first visit, stays.
  await round();
  await sleep(3_000);
  const before = await held(tab);
  say("before the clicks", before);
  for (let count = 0; count < ROUNDS; count += 1) await round();
  await sleep(3_000);
  const after = await held(tab);
  say(`after ${ROUNDS} times ${order.length} clicks`, after);
  tellDrift(`${ROUNDS} times through ${order.length} routes`, [before, after]);
}

async function measure(browser, origin) {
  await paints(browser, origin);
  const tab = await open(browser);
  const { context, page, protocol } = tab;
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await protocol.send("Performance.enable");
  await page.addInitScript(keepMemory);
  await page.goto(origin);
  const opened = performance.now();
  await page.waitForSelector("[data-value]");
  // Past the start, whose work is not of watching.
  await sleep(5_000);
  await cpu(browser, protocol);
  await minutes(tab, opened);
  await clicks(tab);
  await context.close();
  if (faults.length > 0) throw new Error(`the page threw: ${faults[0]}`);
}

const folder = mkdtempSync(join(tmpdir(), "lode-page-"));
let lode;
let browser;
async function clean() {
  await browser?.close();
  if (lode) await end(lode.child);
  rmSync(folder, { recursive: true, force: true });
}
process.once("SIGINT", () => clean().finally(() => process.exit(130)));
process.once("SIGTERM", () => clean().finally(() => process.exit(143)));
try {
  lode = await startLode(folder);
  await untilFigures(lode.origin);
  const args = ["--no-sandbox", "--headless=new"];
  browser = await chromium.launch({ executablePath: CHROMIUM, args, handleSIGINT: false, handleSIGTERM: false });
  console.log(`the page at ${WINDOW.width}×${WINDOW.height} in Chromium ${browser.version()}`);
  await measure(browser, lode.origin);
} catch (error) {
  console.error(`lode: the page could not be measured: ${error.message}`);
  missed += 1;
} finally {
  await clean();
}
process.exitCode = missed > 0 ? 1 : 0;
