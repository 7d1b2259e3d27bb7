/**
 * `node scripts/arduino.mjs -o FOLDER [--url URL]`: lays the library in C out as Arduino wants it, as
 * the folder `FOLDER/twelvehz`, which goes into the `libraries` of a sketchbook. Arduino compiles and
 * includes `src/` only, by flags of its own: so sources, headers and PFFFT lie there side by side, and
 * each source begins with the options that the other builds give the compiler. --url is the page of
 * the library, which Arduino's index of libraries asks for. Layout: "Library specification",
 * arduino.github.io/arduino-cli, format 1.5.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./prepare.mjs";

const FOLDERS = ["src", "include", "third_party/pffft"].map((name) => join(root, "embedded", name));
/** What CMake, Zephyr and PlatformIO say on the command line; Arduino itself says -Os. */
const OPTIONS = `#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("O2", "fp-contract=off", "no-math-errno")
#endif
`;

/** Ends the process with one line. */
function fail(message) {
  console.error(`${message}\nUsage: node scripts/arduino.mjs -o FOLDER [--url URL]`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: { output: { type: "string", short: "o" }, url: { type: "string" } } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

/** A file as it lies in `src/`: every other file is beside it. */
function flat(path) {
  const text = readFileSync(path, "utf8").replace(/#include "[^"\n]*\/([^"/\n]+)"/g, '#include "$1"');
  return path.endsWith(".c") ? OPTIONS + text : text;
}

function layOut(place, url) {
  mkdirSync(join(place, "src"));
  for (const folder of FOLDERS)
    for (const name of readdirSync(folder).filter((file) => /\.[ch]$/.test(file)))
      writeFileSync(join(place, "src", name), flat(join(folder, name)));
  const properties = readFileSync(join(root, "embedded/arduino/library.properties"), "utf8");
  writeFileSync(join(place, "library.properties"), url ? `${properties}url=${url}\n` : properties);
  for (const name of ["LICENSE", "NOTICE", "embedded/README.md"]) copyFileSync(join(root, name), join(place, basename(name)));
  copyFileSync(join(root, "embedded/third_party/pffft/COPYING"), join(place, "COPYING.pffft"));
}

const { output, url } = readArguments();
if (!output) fail("Cannot lay out the library: there is no folder to write into");
const library = join(output, "twelvehz");
if (existsSync(library)) fail(`Cannot write ${library}: it is there already; move it away, or name another folder`);
mkdirSync(output, { recursive: true });
const making = mkdtempSync(join(output, ".twelvehz-"));
try {
  layOut(making, url);
  chmodSync(making, 0o755);
  renameSync(making, library);
} catch (error) {
  rmSync(making, { recursive: true });
  throw error;
}
console.log(`${library}: copy it into the folder "libraries" of your sketchbook`);
