import { setFlagsFromString } from "node:v8";

/** The heap may grow by this share of what is in use before garbage is looked for; left alone, it grows to four times that. */
const growingPercent = 25;

/**
 * Has garbage collected before there is more of it than of what is used: what detection remembers lives long, and beside 360 MB of it
 * there was over 1 GB of garbage at times. Costs no CPU time that could be measured (`npm run bench -- streams`).
 */
export const boundHeapGrowth = (): void => setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
