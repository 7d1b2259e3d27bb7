/**
 * Whether a test is to try as much as it can: `npm run test:slow` runs the files that ask this, too, and
 * `npm test` runs a short form of them, which can fail by the same faults.
 */
export const inLongForm: boolean = process.env["TWELVEHZ_SLOW_TESTS"] === "1";
