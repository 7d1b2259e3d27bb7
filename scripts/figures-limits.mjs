/** The table of the server's limits, from what limits.ts says of each and the options of `serve`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./prepare.mjs";

/** What stands above every field, in one line, without its default. */
function meanings() {
  const text = readFileSync(join(root, "packages/server/src/limits.ts"), "utf8");
  const fields = [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+): number;/g)];
  return new Map(
    fields.map(([, comment, name]) => {
      const line = comment.replaceAll(/\s*\n\s*\*\s?/g, " ").trim();
      return [name, line.replace(/\.? Default:? \d+(?=[.;:]|$)/, "").replace(/\.$/, "")];
    }),
  );
}

/** @param limits `DEFAULT_LIMITS` @param options `LIMIT_OPTIONS` */
export function limitFigures(limits, options) {
  return {
    serviceLimits() {
      const said = meanings();
      const rows = Object.entries(limits).map(([name, value]) => {
        const flag = options.find((option) => option.name === name)?.flag;
        if (!said.has(name)) throw new Error(`limits.ts says nothing of ${name}`);
        return `| \`${name}\` | ${said.get(name)} | ${value} | ${flag ? `\`${flag}\`` : ""} |`;
      });
      return ["| option of `createServer` (`limits`) | what it limits | default | of `serve` |", "|---|---|---|---|", ...rows];
    },
  };
}
