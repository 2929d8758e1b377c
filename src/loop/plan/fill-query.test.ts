import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { promql } from "../../adapters/evidence/prometheus/promql.ts";
import { err, ok } from "../../kernel/result.ts";
import { fillQuery } from "./fill-query.ts";

const filledWith = (query: string, value: string | number) => fillQuery(query, () => ok(value));

describe("a query's template", () => {
  test.each([
    ['up{job="${a}"}', "cart", 'up{job="cart"}'],
    ["up{job='${a}-x'}", "it's", String.raw`up{job='it\'s-x'}`],
    ['up{job="${a}"}', String.raw`a"} or vector(1) or up{x="\ `, String.raw`up{job="a\"} or vector(1) or up{x=\"\\ "}`],
    ['up{job=~"${a}"}', "a.b|c", String.raw`up{job=~"a\\.b\\|c"}`],
    ['up{job!~ "x|${a}"}', "$", String.raw`up{job!~ "x|\\$"}`],
    ['up{job="${a}"} # "', "two\nlines", String.raw`up{job="two\u000alines"} # "`],
    ['up{job="$${a}"}', "x", 'up{job="${a}"}'],
    ['label_replace(up, "tier", "${a}", "", "")', 3, 'label_replace(up, "tier", "3", "", "")'],
  ])("`%s` with `%s`", (query, value, filled) => expect(filledWith(query, value)).toEqual({ ok: true, value: filled }));

  test.each([
    ["${a}_total", "outside of a text in quotes"],
    ['up # "${a}', "outside of a text in quotes"],
    ["up{job=`${a}`}", "outside of a text in quotes"],
    ['up{job="x"} > ${a}', "outside of a text in quotes"],
    ['up{job="x\\${a}"}', "outside of a text in quotes"],
    ['up{job="${a', "never closes it"],
  ])("`%s` is refused", (query, why) => {
    const filled = filledWith(query, "x");
    expect(filled.ok ? "" : filled.error).toContain(why);
  });

  test("a value that is no text, or cannot be had, refuses the query", () => {
    expect(fillQuery('up{a="${b}"}', () => ok(["x"]))).toMatchObject({ ok: false });
    expect(fillQuery('up{a="${b}"}', () => err("no b"))).toEqual({ ok: false, error: "no b" });
  });

  test("no value changes what is asked: the query stays one selector with that label", () => {
    const unit = fc.constantFrom(...Array.from("\"'\\`{}()[]=~!,#$\n\r\t|.*+?^ax0é\u2028"));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (value) => {
        for (const query of ['up{job="${v}"}', "up{job='${v}'}", 'up{job=~"${v}"}']) {
          const filled = filledWith(query, value);
          if (!filled.ok) throw new Error(filled.error);
          const inner = filled.value.slice(query.indexOf("$"), -2);
          expect(/^([^\\\n]|\\.)*$/.test(inner)).toBe(true);
          expect(promql.read(filled.value)).toEqual({ ok: true, value: { rangeMs: 0, newest: true } });
        }
      }),
    );
  });
});
