/** Quality of speech codecs: baselines, conditions, measures. Runs in a page. */

export type { CodecUnderTest, CodedClip } from "./codec-under-test.ts";
export type { Condition } from "./condition.ts";
