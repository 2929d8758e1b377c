import { describe, expect, it } from "vitest";
import { findSpans } from "./find-spans.ts";
import { hole, keyOf } from "./key.ts";
import { createSpans } from "./spans.ts";

const spans = createSpans();
function masked(line: string): string {
  findSpans(line, spans);
  return keyOf(line, spans).replaceAll(hole, "<*>");
}

describe("what is variable by the way it is written", () => {
  it.each([
    ["numbers and amounts", "took 12 ms, -3.5 of 1,000 at 97%", "took <*> ms, <*> of <*>,<*> at <*>%"],
    ["ids", "order a1b2c3d4 of 0x7f3a by 9d1c7c1e-1f8a-4b8f-9d57-2f2c5f6f2a11", "order <*> of <*> by <*>"],
    ["numbered things", "task_0001 on node-17 in rdd_42_3", "<*> on node-<*> in <*>"],
    [
      "addresses",
      "from 10.0.0.7:5432 to db.shop.example:80, fe80::1 and 00:1a:2b:3c:4d:5e",
      "from <*> to <*>, <*> and <*>",
    ],
    ["paths and URLs", "read /var/lib/x.db from C:\\data\\y of https://x.example/a?b=1", "read <*> from <*> of <*>"],
    ["times", "at Sat Jun 18 02:23:10 2005 or 2026-11-25T10:00:00Z or 10:00:01.5", "at <*> or <*> or <*>"],
    ["sizes with their unit", "free 21.4 KB of 849 bytes (0.83 KB)", "free <*> of <*>"],
    ["numbers behind symbols", "<7> irq *10 costs $100 or ~5", "<<*> irq *<*> costs $<*> or ~<*>"],
    ["what an arrow leads to", "[GC 10240K->1520K] state open->closed", "[GC <*>-><*>] state open->closed"],
    ["a word longer than names are", "x".repeat(81), "<*>"],
    ["a URL without the sentence's mark", "see http://x.example/a.", "see <*>."],
    ["booleans, nothing, accounts", "ready true, parent null, by root", "ready <*>, parent <*>, by <*>"],
    ["names of things", "caller com.example.app in app/x.Main", "caller <*> in <*>"],
    ["a hash and what it is of", "bound to Cart@1a2b3c", "bound to <*>@<*>"],
    ["values of keys, and what is quoted", "state=open tag=\"a b\" 'cart'", "state=<*> tag=\"<*>\" '<*>'"],
    ["an empty pair of parentheses", "connection from () at", "connection from (<*>) at"],
    ["lists of any length", "delete blk_1 blk_2 blk_-3 now", "delete <*> now"],
    ["a machine with its port", "node-07-a/10.0.0.7:9000 of mesos-slave-07:55", "<*> of <*>"],
    ["what leaders lead to", "machine check: i-fetch.........0", "machine check: i-fetch.........<*>"],
    ["the version of a name", "GET HTTP/1.1", "GET HTTP/<*>"],
    ["values of members, not their names", '{"name":"cart","size":3}', '{"name":"<*>","size":<*>}'],
    ["parts of a fraction", "slot 3/17", "slot <*>/<*>"],
  ])("%s", (_, line, key) => expect(masked(line)).toBe(key));

  it.each([
    ["names with a number", "ssh2 of isBluetoothA2dpOn from mod_jk2"],
    ["two words over a slash", "read/write and and/or"],
    ["file names and calls", "cannot open wcp.dll in init() of kernel.core"],
    ["comparisons", "owner == nobody"],
    ["text in another script", "Не удалось открыть файл 接続失敗"],
  ])("and what is not: %s", (_, line) => expect(masked(line)).toBe(line));

  it("stops looking at a bound, and takes the rest for one value (I11)", () => {
    expect(masked("7 x ".repeat(1_000)).split("<*>").length).toBeLessThan(100);
    expect(spans.cut).toBe(true);
    expect(masked("a ".repeat(1_000)).endsWith("<*>")).toBe(true);
  });
});
