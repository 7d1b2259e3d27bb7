/** Limits of the server that are options of `twelvehz serve`. */
import { Option } from "@commander-js/extra-typings";
import { DEFAULT_LIMITS, type ServerLimits } from "@twelvehz/server/limits";
import { wholeNumber } from "./options.ts";

/** One option. */
export interface LimitOption {
  readonly name: keyof ServerLimits;
  /** Such as `--slots`. */
  readonly flag: string;
  readonly what: string;
  readonly least: number;
  readonly most: number;
  /** What 1 stands for. Default 1. */
  readonly unit?: number;
  /** The default is not a number, and `what` tells it. */
  readonly told?: boolean;
}

/** All of them, in the order of the help. */
export const LIMIT_OPTIONS: readonly LimitOption[] = [
  { name: "maxSeconds", flag: "--max-seconds", what: "longest sound in a request", least: 1, most: 43_200 },
  { name: "maxBytes", flag: "--max-megabytes", what: "largest request", least: 1, most: 4096, unit: 1e6 },
  { name: "requestSeconds", flag: "--max-request-seconds", what: "longest time from a request to its answer", least: 1, most: 86_400 },
  {
    name: "slots",
    flag: "--slots",
    what: "streams and requests at once, more are refused; default: as many streams as the engines compute in real time, 8 each with the compact model",
    least: 1,
    most: 10_000,
    told: true,
  },
  {
    name: "slotsPerAddress",
    flag: "--slots-per-address",
    what: "of them, those of one address; default: half for an address of another machine that needs no key, else all",
    least: 1,
    most: 10_000,
    told: true,
  },
  { name: "maxSockets", flag: "--max-sockets", what: "connections for streams", least: 1, most: 100_000 },
  {
    name: "socketsPerAddress",
    flag: "--max-sockets-per-address",
    what: "of them, those of one address; as many more for rooms",
    least: 1,
    most: 100_000,
  },
  { name: "messagesPerSecond", flag: "--max-messages", what: "messages of a stream in any second", least: 1, most: 1_000_000 },
  {
    name: "maxRooms",
    flag: "--rooms",
    what: `rooms of calls at once, which want no key; 0 = none; default: ${DEFAULT_LIMITS.maxRooms}, none with --keys`,
    least: 0,
    most: 100_000,
    told: true,
  },
  { name: "closeSeconds", flag: "--drain-seconds", what: "time for streams and requests to end after SIGTERM", least: 0, most: 86_400 },
];

/** The options, for the command line. */
export function limitOptions(): Option[] {
  return LIMIT_OPTIONS.map(({ name, flag, what, least, most, unit = 1, told }) => {
    const option = new Option(`${flag} <n>`, what).argParser(wholeNumber(least, most));
    return (told ? option : option.default(DEFAULT_LIMITS[name] / unit)) as unknown as Option;
  });
}

/** The limits that were given, or are the default of an option. */
export function limitsOf(options: object): Partial<ServerLimits> {
  const values = options as Readonly<Record<string, number | undefined>>;
  const given = LIMIT_OPTIONS.flatMap(({ name, flag, unit = 1 }) => {
    const value = values[new Option(flag).attributeName()];
    return value === undefined ? [] : [[name, value * unit] as const];
  });
  return Object.fromEntries(given);
}
