/** One published result on a set, with the figures it has there. */
export interface Published {
  readonly name: string;
  readonly scores: Readonly<Record<string, number>>;
}

/** What others reach, on the shared part where that is known, else as published for the whole set (and then the name says so). */
export const published: Readonly<Record<string, readonly Published[]>> = {
  nab: [
    { name: "ARTime", scores: { standard: 75.4 } },
    { name: "CAD OSE", scores: { standard: 71.2 } },
    { name: "Numenta HTM", scores: { standard: 66.2 } },
    { name: "ARTime, whole corpus", scores: { standard: 74.9, lowFP: 65.1, lowFN: 80.4 } },
    { name: "CAD OSE, whole corpus", scores: { standard: 69.9, lowFP: 67.0, lowFN: 73.2 } },
  ],
  "nezha-trainticket": [
    { name: "Nezha", scores: { "AS@1": 0.913, "AS@3": 1 } },
    { name: "MicroRCA, whole set", scores: { "AS@1": 0.2, "AS@3": 0.311, "AS@5": 0.444 } },
  ],
  petshop: [
    { name: "traversal", scores: { top1: 0.622, top3: 0.769 } },
    { name: "ranked correlation", scores: { top1: 0.59, top3: 0.731 } },
    { name: "CIRCA", scores: { top1: 0.385, top3: 0.923 } },
  ],
  "sock-shop-1": [
    { name: "BARO, told the onset", scores: { "avg5.cpu": 0.99, "avg5.mem": 0.99 } },
    { name: "CIRCA, told the onset", scores: { "avg5.cpu": 0.7, "avg5.mem": 0.8 } },
  ],
  "loghub-2k": [
    { name: "Drain3, masked, whole set", scores: { GA: 0.776, FGA: 0.777, PA: 0.284, FTA: 0.346 } },
    { name: "Drain, tuned per system, whole set", scores: { GA: 0.872, FGA: 0.751, PA: 0.4, FTA: 0.344 } },
    { name: "Brain, tuned per system, whole set", scores: { GA: 0.965, FGA: 0.928, PA: 0.387, FTA: 0.435 } },
  ],
  noise: [],
  hdfs100k: [{ name: "isolation forest, whole set", scores: { f1: 0.69 } }],
};
