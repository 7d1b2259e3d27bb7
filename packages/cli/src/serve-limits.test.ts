import { Command } from "@commander-js/extra-typings";
import { DEFAULT_LIMITS } from "@twelvehz/server/limits";
import { expect, test } from "vitest";
import { LIMIT_OPTIONS, limitOptions, limitsOf } from "./serve-limits.ts";

function parsed(...args: string[]): object {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of limitOptions()) command.addOption(option);
  return limitsOf(command.parse(args, { from: "user" }).opts());
}

test("every limit that has an option is set by it alone, and else keeps its default", () => {
  const told = LIMIT_OPTIONS.filter((option) => option.told).map(({ name }) => name);
  const bare = Object.fromEntries(Object.entries(DEFAULT_LIMITS).filter(([name]) => LIMIT_OPTIONS.some((one) => one.name === name)));
  for (const name of told) delete bare[name];
  expect(parsed()).toEqual(bare);
  for (const { name, flag, unit = 1 } of LIMIT_OPTIONS) expect(parsed(flag, "7")).toEqual({ ...bare, [name]: 7 * unit });
});

test("a number that is too small is refused", () => {
  expect(() => parsed("--max-sockets", "0")).toThrow(/from 1 to 100000/);
  expect(parsed("--rooms", "0")).toMatchObject({ maxRooms: 0 });
});
