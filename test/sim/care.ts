import { fileURLToPath } from "node:url";
import { canonicalJson } from "../../src/kernel/canonical-json.ts";
import { careParts, errorText } from "../../src/app/care.ts";
import { loadCare } from "../../src/care/load-care.ts";
import type { Ask, PolicyAnswer } from "../../src/loop/decision/ask.ts";
import type { ActiveConfig } from "../../src/ports/config.ts";

const dir = fileURLToPath(new URL("care", import.meta.url));
const remembered = 20_000;

/** The simulated shop's care repo with the shipped runbooks, by the real loader, Cedar and CEL; asked once a question. */
export async function loadShopCare(): Promise<ActiveConfig> {
  const loaded = await loadCare(dir, careParts());
  if (!loaded.ok) throw new Error(loaded.error.map(errorText).join("\n"));
  return { ...loaded.value, ask: onceEach(loaded.value.ask) };
}

/** Policies are pure, so that a thousand heals need not ask them the same again. */
function onceEach(ask: Ask): Ask {
  const answers = new Map<string, PolicyAnswer>();
  return (question) => {
    const key = canonicalJson(question);
    const known = answers.get(key);
    if (known) return known;
    if (answers.size >= remembered) answers.clear();
    const answer = ask(question);
    answers.set(key, answer);
    return answer;
  };
}
