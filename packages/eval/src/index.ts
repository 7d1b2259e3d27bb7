/** Quality of speech codecs: baselines, conditions, measures. Runs in a page. */
export {};
