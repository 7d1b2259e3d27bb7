/**
 * Work over many clips: which there are, what their outputs are called, several at once, going on
 * after a stop. For Node.
 */
export { type ClipFile, listClips } from "./clip-list.ts";
export { type Conversion, missingOutputs, type OutputNaming, planConversions } from "./conversions.ts";
export { fingerprintOf, Journal } from "./journal.ts";
export { type Lane, runLanes, type RunLanesOptions } from "./lanes.ts";
