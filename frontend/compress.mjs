// Writes .br and .gz beside every file of the build that is worth it, so that the server only chooses. Run by trunk
// after each build, on the folder that trunk is about to publish; does nothing for a debug build.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transformSync } from "esbuild";

/** Below this a second file costs more than it saves: it would still be one packet. */
const LEAST_BYTES = 1024;
const ALREADY_SMALL = /\.(br|gz|png|woff2)$/;
/** What the page may weigh, all files together as they are sent. */
const MOST_BYTES = 250_000;
/** wasm-bindgen's half of the page: commented and indented as it comes. Not covered by an integrity hash. */
const GLUE = /^lode-frontend-.*\.js$/;

const { TRUNK_PROFILE: profile, TRUNK_STAGING_DIR: folder } = process.env;

if (profile !== "debug") {
  if (!folder) throw new Error("compress.mjs is a trunk hook: TRUNK_STAGING_DIR is not set");
  let total = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(".") || ALREADY_SMALL.test(name) || !statSync(path).isFile()) continue;
    if (GLUE.test(name)) {
      writeFileSync(path, transformSync(readFileSync(path, "utf8"), { minify: true, format: "esm" }).code);
    }
    const plain = readFileSync(path);
    if (plain.length < LEAST_BYTES) {
      total += plain.length;
      continue;
    }
    const brotli = brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    });
    writeFileSync(`${path}.br`, brotli);
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    total += brotli.length;
  }
  console.log(`compressed: ${(total / 1000).toFixed(1)} kB brotli in all`);
  if (total > MOST_BYTES) throw new Error(`the page weighs ${total} bytes; it may weigh ${MOST_BYTES}`);
}
