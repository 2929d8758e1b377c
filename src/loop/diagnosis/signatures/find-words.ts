/** Which of many fixed texts, by their number, a text holds. One pass over it, however many are looked for. */
export type FindWords = (text: string) => number[];

/** Everything beyond ASCII is one letter here: what is found has to be looked at again anyhow. */
const letters = 128;
const letterOf = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < letters ? code : 0;
};

/**
 * Builds the automaton of Aho and Corasick (CACM 1975): 512 bytes a state, a state for each different beginning of a word. It may
 * say that a word is there which differs from it in letters beyond ASCII; it never misses one.
 */
export function createFindWords(words: readonly string[]): FindWords {
  const { next, ends, states } = trieOf(words);
  const shorter = linkUp(next, ends, states);
  /** The search in which a state was last told: one array for all searches. */
  const told = new Uint32Array(states);
  let search = 0;
  return (text) => {
    if (search === 0xffff_ffff) told.fill((search = 0));
    search++;
    const found = new Set<number>();
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      state = next[state * letters + letterOf(text, i)] ?? 0;
      // Each state is told once: a text that comes by it again and again costs no more than its length.
      for (let at = state; at !== 0 && told[at] !== search; at = shorter[at] ?? 0) {
        told[at] = search;
        for (const word of ends[at] ?? []) found.add(word);
      }
    }
    return [...found];
  };
}

interface Trie {
  /** The state after a state and a letter. */
  readonly next: Int32Array;
  /** Words that end at a state. */
  readonly ends: (number[] | undefined)[];
  readonly states: number;
}

function trieOf(words: readonly string[]): Trie {
  const statesMax = 1 + words.reduce((n, w) => n + w.length, 0);
  const next = new Int32Array(statesMax * letters);
  const ends: (number[] | undefined)[] = [];
  let states = 1;
  for (const [number, word] of words.entries()) {
    let state = 0;
    for (let i = 0; i < word.length; i++) {
      const step = state * letters + letterOf(word, i);
      if (next[step] === 0) next[step] = states++;
      state = next[step] ?? 0;
    }
    (ends[state] ??= []).push(number);
  }
  return { next: next.slice(0, states * letters), ends, states };
}

/** Completes the steps, and gives for each state the state of the longest shorter ending at which a word ends; 0: none. */
function linkUp(next: Int32Array, ends: Trie["ends"], states: number): Int32Array {
  const fall = new Int32Array(states);
  const shorter = new Int32Array(states);
  const queue: number[] = [0];
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0;
    const back = fall[state] ?? 0;
    for (let letter = 0; letter < letters; letter++) {
      const step = state * letters + letter;
      const known = next[step] ?? 0;
      const instead = state === 0 ? 0 : (next[back * letters + letter] ?? 0);
      if (known === 0) {
        next[step] = instead;
        continue;
      }
      fall[known] = instead;
      shorter[known] = ends[instead] === undefined ? (shorter[instead] ?? 0) : instead;
      queue.push(known);
    }
  }
  return shorter;
}
