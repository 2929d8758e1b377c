import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeSlots } from "./describe-slots.ts";
import { currentOf, templateText, wildcard, type LogTemplate } from "./log-template.ts";
import { createTemplateMiner } from "./miner.ts";

function mine(lines: readonly string[], formsMax?: number): LogTemplate[] {
  const miner = createTemplateMiner(formsMax);
  return lines.map((line) => miner.take(line));
}
const textsOf = (lines: readonly string[]): string[] => mine(lines).map((t) => templateText(currentOf(t)));

const tidied = (line: string): string =>
  line
    .slice(0, 2_000)
    .replace(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, " ")
    .replace(/[\p{Cc} ]+/gu, " ")
    .trim();

/** Whether the fixed parts of a template come one after the other in a line, and nothing is before or after them. */
function matches(text: string, line: string): boolean {
  const parts = text.split(wildcard);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === parts.length - 1 && i > 0 ? line.length - part.length : line.indexOf(part, at);
    if (found < at || !line.startsWith(part, found) || (i === 0 && found !== 0)) return false;
    at = found + part.length;
  }
  return at === line.length || text.endsWith(wildcard);
}

const word = fc.constantFrom(
  "user",
  "alice",
  "bob",
  "carol",
  "from",
  "failed",
  "42",
  "10.0.0.7",
  "a=b",
  "'x'",
  "()",
  "<*>",
  "é",
  "\t",
  ":",
);
const line = fc.oneof(
  fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
  fc.string({ unit: "binary", maxLength: 200 }),
);

describe("templates", () => {
  it("are one for lines that differ in ids and numbers", () => {
    const lines = ["order 4711 of user-17 failed after 30ms", "order 12 of user-3 failed after 5ms"];
    expect(textsOf(lines)).toEqual(Array.from({ length: 2 }, () => "order <*> of user-<*> failed after <*>"));
  });

  it("are one for lines in which many words stood in one place, and keep their id", () => {
    const found = mine(["alice", "bob", "carol", "dave"].map((user) => `session opened for ${user} again`));
    expect(new Set(found.map((t) => templateText(currentOf(t))))).toEqual(new Set(["session opened for <*> again"]));
    expect(found.map(currentOf).map((t) => [t.id, t.lines])).toEqual(found.map(() => [found[0]?.id, 4]));
  });

  it("are one for lines in which a word stands where a value was seen", () => {
    expect(new Set(textsOf(["no route to 10.0.0.7 now", "no route to gateway now"])).size).toBe(1);
  });

  it("are apart for few words in one place, and for different beginnings", () => {
    const lines = ["scan of disk begins", "scan of disk ends", "cupsd startup succeeded", "klogd startup succeeded"];
    expect(textsOf(lines)).toEqual(lines);
  });

  it("show a value that never varied as it is, and the unit of one that did", () => {
    const lines = ["tty=ssh took 5 bytes", "tty=ssh took 70 bytes"];
    expect(textsOf(lines)).toEqual(lines.map(() => "tty=ssh took <*> bytes"));
  });

  it("do not show units when lines are written in the units that fit", () => {
    const lines = ["used 512 B, free 10.0 KB", "used 1.5 KB, free 9.0 KB"];
    expect(textsOf(lines)).toEqual(lines.map(() => "used <*>, free <*>"));
  });

  it("keep keys of values apart, and members of JSON", () => {
    const keys = ["java.home.dir", "java.class.path", "java.io.tmpdir", "user", "host"];
    const lines = [...keys.map((key) => `env ${key}=/x`), ...keys.map((key) => `{"${key}":"/x"}`)];
    expect(new Set(textsOf(lines)).size).toBe(10);
  });

  it("keep values: the range of numbers, the words that came most", () => {
    const [template] = mine(["cart", "cart", "shop", "cart"].map((name, i) => `pool=${name} waits ${10 * i} ms`));
    expect(template && describeSlots(template)).toBe("mostly `cart`, 0 to 30");
  });

  it("say nothing of a list, or of a unit, where something else stood as well", () => {
    expect(textsOf(["10.0.0.7 42", "'x'"])).toEqual(["<*>", "<*>"]);
    expect(new Set(textsOf(["took 5ms again", "took 'x' again"]))).toEqual(new Set(["took <*> again"]));
  });

  it("keep of a word that became variable how often it came", () => {
    const users = ["ann", "ann", "ann", "ann", "ben", "cay"];
    const [template] = mine(users.map((user) => `welcome back ${user} again`));
    expect(template && describeSlots(currentOf(template))).toBe("mostly `ann`");
  });
});

describe("laws of templates", () => {
  it("a template matches every line it was given for, whatever comes later", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const texts = textsOf(lines);
        lines.forEach((given, i) => expect([texts[i], tidied(given)]).toSatisfy(([t, l]) => matches(t, l)));
      }),
      { numRuns: 500 },
    );
  });

  it("the same lines give the same templates, and each line counts once", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const found = mine(lines);
        expect(found.map((t) => currentOf(t).id)).toEqual(mine(lines).map((t) => currentOf(t).id));
        const all = new Set(found.map(currentOf));
        expect([...all].reduce((sum, t) => sum + t.lines, 0)).toBe(lines.length);
      }),
    );
  });

  it("what is kept has a bound, and what is let go is counted (I11)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.array(line, { maxLength: 300 }), (formsMax, lines) => {
        const miner = createTemplateMiner(formsMax);
        const made = new Set(lines.map((given) => miner.take(given)));
        expect(miner.stats().forms).toBeLessThanOrEqual(2.5 * formsMax);
        expect([...made].filter((t) => t.forgotten)).toHaveLength(miner.stats().forgotten);
      }),
    );
  });
});

describe("hostile lines", () => {
  const word = (i: number): string => i.toString(26).replace(/\d/g, (d) => "qrstuvwxyz"[Number(d)] as string);

  it.each([
    ["a megabyte", "x".repeat(1_000_000)],
    ["a megabyte of numbers", "7 ".repeat(500_000)],
    ["100,000 words", Array.from({ length: 100_000 }, (_, i) => word(i)).join(" ")],
    ["quotes without end", '"'.repeat(100_000)],
    ["colons without end", "a:".repeat(50_000)],
    ["full stops without end", "a.".repeat(50_000)],
    ["control characters", "\u0000\u0001\u0002".repeat(1_000)],
    ["nothing", ""],
    ["half of a character", "\ud800 broke"],
  ])("are taken soon and cut to a bound: %s", (_, given) => {
    const miner = createTemplateMiner();
    const startMs = performance.now();
    const template = miner.take(given);
    expect(performance.now() - startMs).toBeLessThan(500);
    expect(template.key.length).toBeLessThanOrEqual(2_001);
    expect(miner.stats().cut).toBe(Number(given.length > 2_000));
  });

  it("of ever new words leave what is known alone, as long as it goes on coming", () => {
    const miner = createTemplateMiner(100);
    const known = miner.take("disk is full");
    for (let i = 0; i < 20_000; i++) {
      miner.take(`${word(i)} ${word(i * 7)} ${word(i * 13)}`);
      if (i % 50 === 0) miner.take("disk is full");
    }
    expect(miner.take("disk is full")).toBe(known);
    expect(miner.stats().forms).toBeLessThanOrEqual(250);
    expect(miner.stats().forgotten).toBeGreaterThan(10_000);
  });
});
