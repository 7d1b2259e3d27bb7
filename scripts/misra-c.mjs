/**
 * `node scripts/misra-c.mjs [--quick]`: the C library under cppcheck with its rules of MISRA C:2012, as it is
 * compiled for devices. What embedded/misra-suppressions.txt does not name, with a reason, is an
 * error. Needs cppcheck (`apt install cppcheck`), whose texts of the rules MISRA keeps to itself:
 * findings carry the number of the rule. --quick leaves these rules out: what cppcheck itself finds,
 * in two seconds. Exit status 2 where there is no cppcheck.
 */
import { spawnSync } from "node:child_process";
import { root } from "./prepare.mjs";

const NO_CPPCHECK = 2;
const BUILD = ["--std=c99", "-UT12_WIDE", "-U__wasm_simd128__", "-U__FAST_MATH__", "-U__cplusplus", "-I", "embedded/include"];
const isQuick = process.argv.includes("--quick");
const CHECKS = [
  ...(isQuick ? [] : ["--addon=misra"]),
  "--enable=warning,portability,performance",
  "--suppressions-list=embedded/misra-suppressions.txt",
];

if (spawnSync("cppcheck", ["--version"]).status !== 0) {
  console.error("This needs cppcheck: apt install cppcheck");
  process.exit(NO_CPPCHECK);
}
const args = [...BUILD, ...CHECKS, "--quiet", "--error-exitcode=1", "--template={file}:{line}: {id}: {message}", "embedded/src"];
const { status, stdout, stderr } = spawnSync("cppcheck", args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
process.stderr.write(stdout + stderr);
if (status === 0) console.log("no finding that was not reviewed");
process.exit(status ?? 1);
