/** Evaluation in Node: folders, jobs, reports. */
export * from "../index.ts";
